import { formatBytes, formatCount, formatDurationNs, formatShare } from '@quadrant/core'
import type { Build, GetServiceResponse, ServiceInstance } from '@quadrant/proto'
import { runtime } from '../app/service-data.ts'
import { go, nowMs, view } from '../app/view.ts'
import { ageText } from '../model/clock-text.ts'
import { isKnown } from '../model/runtime-strip.ts'
import { collectorShares, costText, runtimeHint, runtimeText, shortBuildId } from '../model/service-report.ts'
import { processTitle } from '../model/subjects.ts'

const SHOWN_MAX = 20
/** Numbers of fields in GoFigures. */
const HEAP_LIVE = 3
const GOROUTINES = 11

/** The processes of the service, with the newest that was read of each. */
export function InstanceTable({ answer }: { readonly answer: GetServiceResponse }) {
  const { instances, instancesOmitted } = answer
  const builds = new Map(answer.builds.map((build) => [build.id, build]))
  const told = runtime.value
  const seconds = told ? (told.interval.endMs - told.interval.startMs) / 1000 : 0
  const shares = collectorShares(told?.response.gcCycles ?? [], seconds)
  const more = instances.length - SHOWN_MAX + instancesOmitted
  return (
    <section class="service-part" aria-label="Processes">
      <h2>
        Processes{' '}
        <span class="push">{more > 0 ? `the newest ${SHOWN_MAX}; ${formatCount(more)} more` : ''}</span>
      </h2>
      <table class="cost-table">
        <thead>
          <tr>
            <th>Process</th>
            <th>Host</th>
            <th>Build</th>
            <th>Runtime</th>
            <th>Started</th>
            <th class="right">Heap live</th>
            <th class="right">Goroutines</th>
            <th class="right">Collector, of a core</th>
            <th class="right">Probes cost</th>
          </tr>
        </thead>
        <tbody>
          {instances.slice(0, SHOWN_MAX).map((instance) => (
            <InstanceRow
              key={instance.id}
              instance={instance}
              build={builds.get(instance.buildId)}
              collectorShare={shares.get(told?.response.processes.indexOf(instance.id) ?? -1)}
            />
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface InstanceRowProps {
  readonly instance: ServiceInstance
  readonly build: Build | undefined
  readonly collectorShare: number | undefined
}

function InstanceRow({ instance, build, collectorShare }: InstanceRowProps) {
  const { process, figures, cost } = instance
  const figure = (bit: number, text: (read: NonNullable<typeof figures>) => string) =>
    figures && isKnown(figures, bit) ? text(figures) : '–'
  const ended = (process?.endNs ?? 0) > 0
  return (
    <tr>
      <td>
        {view.value.selection === instance.id ? (
          <strong>{processTitle(instance)}</strong>
        ) : (
          <button
            class="ink-accent"
            onClick={() => go({ selection: instance.id, item: '' })}
            title={instance.id}
          >
            {processTitle(instance)}
          </button>
        )}
        {ended && <span class="muted"> ended</span>}
      </td>
      <td>{instance.host}</td>
      <td class="mono" title={instance.buildId}>
        {instance.buildId ? shortBuildId(instance.buildId) : '–'}
      </td>
      <td title={build && runtimeHint(build)}>
        {build ? runtimeText(build) : <span class="muted">not told</span>}
      </td>
      <td class="muted">{process ? ageText((nowMs.value - process.startNs / 1e6) / 1000) : '–'}</td>
      <td class="right">{figure(HEAP_LIVE, (read) => formatBytes(read.heapLiveBytes))}</td>
      <td class="right">{figure(GOROUTINES, (read) => formatCount(read.goroutines))}</td>
      <td class="right">{collectorShare === undefined ? '–' : formatShare(collectorShare)}</td>
      <td
        class={`right${cost?.detached ? ' tone-warn' : ''}`}
        title={
          cost
            ? `${formatCount(cost.hits)} hits of ${formatDurationNs(cost.trapNs)} each in ${formatDurationNs(cost.intervalNs)}; probes detach above ${formatShare(cost.shareMax)}`
            : 'not probed'
        }
      >
        {costText(instance)}
      </td>
    </tr>
  )
}
