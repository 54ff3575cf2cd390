import {
  formatBytes,
  formatCount,
  formatDurationNs,
  formatDurationUs,
  formatRate,
  formatShare,
} from '@quadrant/core'
import {
  DROP_WORDS,
  dropKind,
  lostCount,
  programCosts,
  type AgentReport,
  type AgentStatus,
  type GetStatusResponse,
  type RequestReport,
  type StoreStatus,
} from '@quadrant/proto'
import type { Paint } from '../output/paint.ts'
import { printable } from '../output/printable.ts'
import { formatAgo } from '../output/time.ts'

export interface StatusTextOptions {
  /** Of the console, with its token. */
  readonly address: string
  readonly nowMs: number
  readonly paint: Paint
}

type Line = readonly [label: string, value: string]

/** Something that a person should look at: an agent that is away, or anything lost or refused. */
export function hasFindings(status: GetStatusResponse): boolean {
  return (
    status.agents.length === 0 ||
    status.agents.some((agent) => !agent.connected) ||
    lostCount(status.drops) > 0 ||
    status.refused.some(({ count }) => count > 0)
  )
}

export function statusText(status: GetStatusResponse, options: StatusTextOptions): string {
  const { nowMs, paint, address } = options
  const blocks: string[] = [
    block(
      'server',
      [
        ['console', address],
        ['version', `${printable(status.version)} (process ${status.serverPid})`],
        ['started', formatAgo(status.startedNs / 1e6, nowMs)],
        [
          'cost',
          `${formatBytes(status.serverRssBytes)} memory, ${formatDurationUs(status.serverCpuUs)} CPU, event loop late by up to ${formatDurationUs(status.eventLoopLagUsMax)}`,
        ],
      ],
      paint,
    ),
  ]
  for (const agent of status.agents) blocks.push(agentBlock(agent, options))
  if (status.agents.length === 0)
    blocks.push(block('agent', [['state', paint('red', '✗ none is connected')]], paint))
  if (status.store)
    blocks.push(
      block(
        'store',
        [
          ['size', `${formatBytes(status.store.sizeBytes)} of ${formatBytes(status.store.limitBytes)}`],
          ['edges', `${formatCount(status.store.edges)} of ${formatCount(status.store.edgesLimit)}`],
          ['processes', formatCount(status.store.processes)],
          ...storedRequests(status.store),
          ['oldest data', formatAgo(status.store.oldestNs / 1e6, nowMs)],
        ],
        paint,
      ),
    )
  blocks.push(lossBlock(status, paint))
  return blocks.join('\n')
}

function agentBlock({ report, ...agent }: AgentStatus, { nowMs, paint }: StatusTextOptions): string {
  const lines: Line[] = [
    ['state', agent.connected ? paint('green', '✓ connected') : paint('red', '✗ not connected')],
    ['version', printable(agent.version)],
    ['last frame', `${formatAgo(agent.lastFrameNs / 1e6, nowMs)} (number ${agent.lastSeq})`],
  ]
  if (report)
    lines.push(
      ['source', printable(report.source)],
      [
        'cost',
        `${formatBytes(report.rssBytes)} memory, ${formatDurationUs(report.cpuUs)} CPU, event loop late by up to ${formatDurationUs(report.eventLoopLagUsMax)}`,
      ],
      [
        'connections',
        `${formatCount(report.connections)} of ${formatCount(report.connectionsLimit)} in ${report.namespaces} network namespaces`,
      ],
      [
        'spool',
        `${report.spoolFrames} frames, ${formatBytes(report.spoolBytes)} of ${formatBytes(report.spoolLimitBytes)}`,
      ],
      ...(report.requests ? requestLines(report.requests, { nowMs, paint }) : []),
      ...report.blindSpots.map((spot): Line => ['cannot see', paint('yellow', printable(spot))]),
    )
  const about = block(`agent ${printable(agent.host)}`, lines, paint)
  if (!report?.programs.length) return about
  return `${about}\n${programBlock(agent.host, report, { nowMs, paint })}`
}

/** How the observing of requests fares, and which sampling rules are in force. */
function requestLines(
  requests: RequestReport,
  { nowMs, paint }: Pick<StatusTextOptions, 'nowMs' | 'paint'>,
): Line[] {
  const { services, preciseServices, tlsProcesses, capturesCapped, generation, effectiveNs } = requests
  const precise = preciseServices > 0 ? `, ${preciseServices} in precise mode` : ''
  const tls = tlsProcesses > 0 ? `, ${tlsProcesses} Go programs inside of TLS` : ''
  const capped =
    capturesCapped > 0 ? `, ${paint('yellow', `${formatCount(capturesCapped)} over a limit`)}` : ''
  return [
    ['requests', `${formatCount(requests.requests)} counted, of ${services} services${precise}${tls}`],
    ['captured', `${formatCount(requests.captures)} in full${capped}`],
    ...(generation > 0
      ? [
          [
            'sampling',
            `rules of generation ${generation}, since ${formatAgo(effectiveNs / 1e6, nowMs)}${requests.headerScan ? '; headers are searched' : ''}`,
          ] as const,
        ]
      : []),
  ]
}

function storedRequests(store: StoreStatus): Line[] {
  const { requestSeries, requestSeriesLimit, captures, captureBytes } = store
  if (requestSeries + captures === 0) return []
  return [
    [
      'requests',
      `${formatCount(requestSeries)} series of ${formatCount(requestSeriesLimit)}, ${formatCount(captures)} in full (${formatBytes(captureBytes)})`,
    ],
  ]
}

/** What the programs in the kernel cost, each that ran in the last sample. */
function programBlock(
  host: string,
  report: AgentReport,
  { nowMs, paint }: Pick<StatusTextOptions, 'nowMs' | 'paint'>,
): string {
  const { sample, problem, programs, coreShare } = programCosts(report)
  const title = `kernel programs of ${printable(host)}`
  if (problem !== '') return block(title, [['not timed', paint('yellow', printable(problem))]], paint)
  if (!sample) return block(title, [['not timed', 'no sample yet']], paint)
  const ran = programs.filter(({ runNs }) => runNs > 0)
  const idle = programs.length - ran.length
  return block(
    title,
    [
      ['sampled', `for ${formatDurationNs(sample.lengthNs)}, ${formatAgo(sample.endNs / 1e6, nowMs)}`],
      ['together', `${formatShare(coreShare)} of a core`],
      ...ran.map(({ name, coreShare: share, runNs, runsPerSecond }): Line => [
        printable(name),
        `${formatShare(share)} of a core: ${formatRate(runsPerSecond)} at ${formatDurationNs(runNs)}`,
      ]),
      ...(idle > 0 ? [['others', `${idle} did not run`] as const] : []),
    ],
    paint,
  )
}

/** What every stage kept, and what it did not: lost, or only not told apart, or no longer kept. */
function lossBlock(status: GetStatusResponse, paint: Paint): string {
  const lines = status.stages.map(({ stage, kept, seen }): Line => [
    printable(stage),
    `${formatCount(kept)} kept of ${formatCount(seen)}`,
  ])
  for (const drop of status.drops) {
    if (drop.count === 0) continue
    const kind = dropKind(drop)
    const text = `${formatCount(drop.count)} ${DROP_WORDS[kind]}: ${printable(drop.reason)}`
    lines.push([printable(drop.stage), kind === 'lost' ? paint('yellow', `! ${text}`) : text])
  }
  for (const { stage, reason, count } of status.refused)
    if (count > 0)
      lines.push([printable(stage), paint('yellow', `! ${formatCount(count)} refused: ${printable(reason)}`)])
  if (lostCount(status.drops) === 0) lines.push(['lost', paint('green', '✓ nothing')])
  return block('losses', lines, paint)
}

function block(title: string, lines: readonly Line[], paint: Paint): string {
  const width = Math.max(...lines.map(([label]) => label.length))
  return `${paint('bold', title)}\n${lines.map(([label, value]) => `  ${paint('dim', label.padEnd(width))}  ${value}\n`).join('')}`
}
