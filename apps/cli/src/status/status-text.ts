import { formatBytes, formatCount, formatDurationUs } from '@quadrant/core'
import type { AgentStatus, DropCount, GetStatusResponse } from '@quadrant/proto'
import type { Paint } from '../output/paint.ts'
import { printable } from '../output/printable.ts'
import { formatAgo } from '../output/time.ts'

export interface StatusTextOptions {
  readonly address: string
  readonly nowMs: number
  readonly paint: Paint
}

type Line = readonly [label: string, value: string]

/** Something that a person should look at: an agent that is away, or anything dropped or refused. */
export function hasFindings(status: GetStatusResponse): boolean {
  return (
    status.agents.length === 0 ||
    status.agents.some((agent) => !agent.connected) ||
    [...status.drops, ...status.refused].some((drop) => drop.count > 0)
  )
}

export function statusText(status: GetStatusResponse, options: StatusTextOptions): string {
  const { nowMs, paint, address } = options
  const blocks: string[] = [
    block(
      'server',
      [
        ['address', address],
        ['version', `${status.version} (process ${status.serverPid})`],
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
    blocks.push(block('agent', [['state', paint('red', '✗ none has ever connected')]], paint))
  if (status.store)
    blocks.push(
      block(
        'store',
        [
          ['size', `${formatBytes(status.store.sizeBytes)} of ${formatBytes(status.store.limitBytes)}`],
          ['edges', `${formatCount(status.store.edges)} of ${formatCount(status.store.edgesLimit)}`],
          ['processes', formatCount(status.store.processes)],
          ['oldest data', formatAgo(status.store.oldestNs / 1e6, nowMs)],
        ],
        paint,
      ),
    )
  blocks.push(dropBlock(status, paint))
  return blocks.join('\n')
}

function agentBlock({ report, ...agent }: AgentStatus, { nowMs, paint }: StatusTextOptions): string {
  const lines: Line[] = [
    ['state', agent.connected ? paint('green', '✓ connected') : paint('red', '✗ not connected')],
    ['version', agent.version],
    ['last frame', `${formatAgo(agent.lastFrameNs / 1e6, nowMs)} (number ${agent.lastSeq})`],
  ]
  if (report)
    lines.push(
      ['source', report.source],
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
      ...report.blindSpots.map((spot): Line => ['cannot see', paint('yellow', printable(spot))]),
    )
  return block(`agent ${printable(agent.host)}`, lines, paint)
}

function dropBlock(status: GetStatusResponse, paint: Paint): string {
  const lines: Line[] = []
  const tell = (what: string) => (drop: DropCount) => {
    if (drop.count > 0)
      lines.push([
        printable(drop.stage || what),
        paint('yellow', `! ${drop.count} ${what}: ${printable(drop.reason)}`),
      ])
  }
  for (const stage of status.stages)
    lines.push([printable(stage.stage), `${formatCount(stage.kept)} kept of ${formatCount(stage.seen)}`])
  status.drops.forEach(tell('dropped'))
  status.refused.forEach(tell('refused'))
  if (![...status.drops, ...status.refused].some((drop) => drop.count > 0))
    lines.push(['dropped', paint('green', '✓ nothing')])
  return block('losses', lines, paint)
}

function block(title: string, lines: readonly Line[], paint: Paint): string {
  const width = Math.max(...lines.map(([label]) => label.length))
  return `${paint('bold', title)}\n${lines.map(([label, value]) => `  ${paint('dim', label.padEnd(width))}  ${value}\n`).join('')}`
}
