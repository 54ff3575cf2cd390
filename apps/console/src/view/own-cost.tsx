import { signal } from '@preact/signals'
import {
  formatBytes,
  formatCount,
  formatDurationNs,
  formatDurationUs,
  formatRate,
  formatShare,
} from '@quadrant/core'
import {
  programCosts,
  type AgentStatus,
  type GetStatusResponse,
  type MapReport,
  type ProgramCosts,
} from '@quadrant/proto'
import { status } from '../app/live-data.ts'
import { cpuReadings } from '../app/cpu-readings.ts'
import { nowMs } from '../app/view.ts'
import { ageText } from '../model/clock-text.ts'
import { stageLedger } from '../model/health-report.ts'

const showAllMaps = signal(false)
const FILL_HIGH = 0.8

/** What Quadrant itself takes from this host, and what it lost on the way. */
export function OwnCost() {
  const now = status.value
  if (!now)
    return (
      <div>
        <h1>What Quadrant costs</h1>
        <p class="lead">Asking the server…</p>
      </div>
    )
  return (
    <div>
      <h1>What Quadrant costs</h1>
      <p class="lead">
        Version {now.version || 'unknown'}, server started{' '}
        {ageText((nowMs.value - now.startedNs / 1e6) / 1000)}
      </p>
      <Processes now={now} />
      <Ledger now={now} />
      {now.agents.map((agent) => (
        <Kernel key={agent.agentId} agent={agent} />
      ))}
      <Store now={now} />
    </div>
  )
}

function Processes({ now }: { readonly now: GetStatusResponse }) {
  const share = (id: string) => {
    const value = cpuReadings.value.get(id)
    return value === undefined ? 'measuring' : formatShare(value)
  }
  return (
    <section aria-label="Processes">
      <h2>Processes</h2>
      <table class="cost-table">
        <thead>
          <tr>
            <th>Process</th>
            <th class="right">CPU of one core</th>
            <th class="right">Memory</th>
            <th class="right">Loop lag, max</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          {now.agents.map(({ agentId, host, connected, report, lastFrameNs }) => (
            <tr key={agentId}>
              <td>
                Agent <span class="muted">{host}</span>
              </td>
              <td class="right">{report ? share(agentId) : '–'}</td>
              <td class="right">{report ? formatBytes(report.rssBytes) : '–'}</td>
              <td class="right">{report ? formatDurationUs(report.eventLoopLagUsMax) : '–'}</td>
              <td class={connected ? '' : 'tone-warn'}>
                {connected
                  ? (report?.source ?? 'connected')
                  : `away, last heard ${lastFrameNs > 0 ? ageText((nowMs.value - lastFrameNs / 1e6) / 1000) : 'never'}`}
              </td>
            </tr>
          ))}
          <tr>
            <td>
              Server <span class="mono muted">{now.serverPid}</span>
            </td>
            <td class="right">{share('server')}</td>
            <td class="right">{formatBytes(now.serverRssBytes)}</td>
            <td class="right">{formatDurationUs(now.eventLoopLagUsMax)}</td>
            <td>running</td>
          </tr>
        </tbody>
      </table>
    </section>
  )
}

/** The books: at every stage, what was seen is what was kept and what was dropped. */
function Ledger({ now }: { readonly now: GetStatusResponse }) {
  const rows = stageLedger(now.stages, [...now.drops, ...now.refused])
  return (
    <section aria-label="Records at every stage">
      <h2>
        Records at every stage <span class="push">seen = kept + dropped</span>
      </h2>
      {rows.length === 0 ? (
        <p class="muted">No record has come yet.</p>
      ) : (
        <table class="cost-table">
          <thead>
            <tr>
              <th>Stage</th>
              <th class="right">Seen</th>
              <th class="right">Kept</th>
              <th class="right">Dropped</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ stage, seen, kept, dropped, lost, unaccounted, reasons }) => (
              <tr key={stage}>
                <td class="mono">{stage}</td>
                <td class="right" title={String(seen)}>
                  {formatCount(seen)}
                </td>
                <td class="right" title={String(kept)}>
                  {formatCount(kept)}
                </td>
                <td class={`right${lost > 0 ? ' tone-warn' : ''}`} title={String(dropped)}>
                  {formatCount(dropped)}
                </td>
                <td class="muted">
                  {reasons
                    .map(({ reason, count, words }) => `${formatCount(count)} ${words} (${reason})`)
                    .join(', ')}
                  {unaccounted !== 0 && (
                    <span class="tone-bad"> {formatCount(unaccounted)} not accounted for</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function Kernel({ agent: { host, report } }: { readonly agent: AgentStatus }) {
  if (!report) return null
  const costs = programCosts(report)
  const { programs, sample } = costs
  return (
    <>
      <section aria-label={`Kernel programs on ${host}`}>
        <h2>
          Kernel programs <span class="push">{host}</span>
        </h2>
        {programs.length === 0 ? (
          <p class="muted">
            None: this agent reads {report.source === 'proc' ? '/proc, without eBPF' : 'no kernel source'}.
          </p>
        ) : (
          <table class="cost-table">
            <thead>
              <tr>
                <th>Program</th>
                <th>Attached to</th>
                <th class="right">Runs</th>
                <th class="right">Time of a run</th>
                <th class="right">CPU of one core</th>
                <th class="right">Missed</th>
              </tr>
            </thead>
            <tbody>
              {programs.map(({ name, attach, runsPerSecond, runNs, coreShare, missed }) => (
                <tr key={name}>
                  <td class="mono">{name}</td>
                  <td class="mono muted">{attach}</td>
                  <td class="right">{sample ? formatRate(runsPerSecond) : '–'}</td>
                  <td class="right">{runNs > 0 ? formatDurationNs(runNs) : '–'}</td>
                  <td class="right">{sample ? formatShare(coreShare) : '–'}</td>
                  <td class={`right${missed > 0 ? ' tone-warn' : ''}`}>{formatCount(missed)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {programs.length > 0 && <p class="muted">{sampleText(costs, nowMs.value)}</p>}
      </section>
      {report.maps.length > 0 && <MapFill maps={report.maps} />}
    </>
  )
}

const MAPS_SHOWN = 6

function MapFill({ maps }: { readonly maps: readonly MapReport[] }) {
  const fill = ({ entries, maxEntries }: MapReport) => (maxEntries > 0 ? entries / maxEntries : 0)
  const sorted = [...maps].sort((a, b) => fill(b) - fill(a) || (a.name < b.name ? -1 : 1))
  const shown = showAllMaps.value ? sorted : sorted.slice(0, MAPS_SHOWN)
  return (
    <section aria-label="Kernel maps">
      <h2>
        Kernel maps
        {sorted.length > MAPS_SHOWN && (
          <button class="push" onClick={() => (showAllMaps.value = !showAllMaps.value)}>
            {showAllMaps.value ? 'Fewer' : `All ${sorted.length}`}
          </button>
        )}
      </h2>
      <table class="cost-table">
        <tbody>
          {shown.map((map) => (
            <tr key={map.name}>
              <td class="mono">{map.name}</td>
              <td class="muted">{map.type}</td>
              <td class="right">
                {formatCount(map.entries)} of {formatCount(map.maxEntries)}
              </td>
              <td class="right">
                <span class={`fill${fill(map) > FILL_HIGH ? ' high' : ''}`}>
                  <span style={{ width: `${Math.min(100, fill(map) * 100)}%` }} />
                </span>
              </td>
              <td class={`right percent${fill(map) > FILL_HIGH ? ' tone-warn' : ''}`}>
                {Math.round(fill(map) * 100)} %
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Store({ now: { store, agents } }: { readonly now: GetStatusResponse }) {
  const spooled = agents.flatMap(({ report }) => (report && report.spoolFrames > 0 ? [report] : []))
  return (
    <section aria-label="Store">
      <h2>Store</h2>
      {store && (
        <dl class="facts">
          <dt>Size</dt>
          <dd>
            {formatBytes(store.sizeBytes)}
            {store.limitBytes > 0 && ` of at most ${formatBytes(store.limitBytes)}`}
          </dd>
          <dt>Edges</dt>
          <dd>
            {formatCount(store.edges)}
            {store.edgesLimit > 0 && ` of at most ${formatCount(store.edgesLimit)}`}
          </dd>
          <dt>Processes</dt>
          <dd>{formatCount(store.processes)}</dd>
          <dt>Oldest data</dt>
          <dd>{store.oldestNs > 0 ? ageText((nowMs.value - store.oldestNs / 1e6) / 1000) : 'none'}</dd>
          {spooled.length > 0 && (
            <>
              <dt>Waiting at agents</dt>
              <dd>
                {spooled
                  .map(
                    (report) =>
                      `${formatCount(report.spoolFrames)} batches, ${formatBytes(report.spoolBytes)} of ${formatBytes(report.spoolLimitBytes)}`,
                  )
                  .join('; ')}
              </dd>
            </>
          )}
        </dl>
      )}
    </section>
  )
}

function sampleText({ sample, problem, coreShare }: ProgramCosts, nowMs: number): string {
  if (problem !== '') return `Not timed: ${problem}.`
  if (!sample)
    return 'No sample yet: the agent has the kernel time its programs for a second in every thirty.'
  const age = ageText((nowMs - sample.endNs / 1e6) / 1000)
  return `Together ${formatShare(coreShare)} of one core. Sampled for ${formatDurationNs(sample.lengthNs)}, ${age}; some 50 ns of each run are the timing itself.`
}
