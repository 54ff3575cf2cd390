import type { Flow } from '@quadrant/proto'
import { flowKey, toFlowRow } from './flow-row.ts'
import type { Interval } from './time-range.ts'

/** A connection as a line from when it began to when it ended. Milliseconds of the Unix epoch. */
export interface SlowFlow extends Interval {
  readonly key: string
  readonly from: string
  readonly to: string
  readonly port: number
  readonly event: string
  readonly source: Flow
}

/** Those whose opening was seen: without it a flow has no length. The longest first. */
export function toSlowFlows(flows: readonly Flow[]): readonly SlowFlow[] {
  return flows
    .filter(({ durationUs }) => durationUs > 0)
    .map((flow): SlowFlow => {
      const { from, to, event } = toFlowRow(flow)
      const endMs = flow.timeNs / 1e6
      return {
        key: flowKey(flow),
        startMs: endMs - flow.durationUs / 1000,
        endMs,
        from: from.name || from.address,
        to: to.name || to.address,
        port: to.port,
        event,
        source: flow,
      }
    })
    .sort((a, b) => lengthOf(b) - lengthOf(a) || (a.key < b.key ? -1 : 1))
}

const lengthOf = ({ startMs, endMs }: Interval) => endMs - startMs

/** A flow that was open while the world stood still. */
export interface HeldFlow {
  readonly flow: SlowFlow
  /** How long of its life, milliseconds. */
  readonly heldMs: number
  /** Of its own length, 0 to 1. */
  readonly share: number
}

/** Flows that were open during any of these pauses, those first that it took the largest part of. */
export function flowsUnder(pauses: readonly Interval[], flows: readonly SlowFlow[]): readonly HeldFlow[] {
  const held: HeldFlow[] = []
  for (const flow of flows) {
    let heldMs = 0
    let touches = false
    for (const pause of pauses) {
      // A pause of no length lies under no flow: nobody measured it.
      if (pause.endMs <= pause.startMs) continue
      const overlapMs = Math.min(flow.endMs, pause.endMs) - Math.max(flow.startMs, pause.startMs)
      if (overlapMs <= 0) continue
      touches = true
      heldMs += overlapMs
    }
    if (touches) held.push({ flow, heldMs, share: heldMs / Math.max(lengthOf(flow), heldMs) })
  }
  return held.sort((a, b) => b.share - a.share || (a.flow.key < b.flow.key ? -1 : 1))
}
