import { formatDurationNs } from '@quadrant/core'
import { describeCollection, pauseNs, type Collection } from './collection.ts'
import type { RuntimeStrip, Stop } from './runtime-strip.ts'
import { flowsUnder, type HeldFlow } from './slow-flow.ts'
import type { Interval } from './time-range.ts'

/** Whatever made the world stand still: a collection, or a stop for another reason. */
export type RuntimeEvent =
  | { readonly kind: 'collection'; readonly key: string; readonly collection: Collection }
  | { readonly kind: 'stop'; readonly key: string; readonly stop: Stop }

/** All of them in the order of time. */
export function runtimeEvents({ collections, stops }: RuntimeStrip): readonly RuntimeEvent[] {
  return [
    ...collections.map((collection): RuntimeEvent => ({
      kind: 'collection',
      key: collection.key,
      collection,
    })),
    ...stops.map((stop): RuntimeEvent => ({ kind: 'stop', key: stop.key, stop })),
  ].sort((a, b) => eventSpan(a).startMs - eventSpan(b).startMs)
}

export function eventSpan(event: RuntimeEvent): Interval {
  return event.kind === 'collection' ? event.collection : event.stop
}

export function eventPauses(event: RuntimeEvent): readonly Interval[] {
  return event.kind === 'collection' ? event.collection.pauses : [event.stop]
}

/** How long the world stood still in all, nanoseconds. */
export function eventPauseNs(event: RuntimeEvent): number {
  return event.kind === 'collection'
    ? pauseNs(event.collection)
    : (event.stop.endMs - event.stop.startMs) * 1e6
}

/** Flows that were open while the world stood still; of the event's process where both know theirs. */
export function eventFlows(event: RuntimeEvent, strip: RuntimeStrip): readonly HeldFlow[] {
  const process = strip.processes[event.kind === 'collection' ? event.collection.process : event.stop.process]
  return flowsUnder(
    eventPauses(event),
    strip.flows.filter(({ source }) => isEndOf(process, source)),
  )
}

function isEndOf(
  process: string | undefined,
  { host, processKey, peerProcessKey }: { host: string; processKey: string; peerProcessKey: string },
): boolean {
  if (process === undefined || (processKey === '' && peerProcessKey === '')) return true
  return process === `proc:${host}/${processKey}` || process === `proc:${host}/${peerProcessKey}`
}

/** The event in words, with what it held up. */
export function describeEvent(event: RuntimeEvent, strip: RuntimeStrip): string {
  const held = eventFlows(event, strip)
  const words =
    event.kind === 'collection'
      ? describeCollection(event.collection)
      : `stop of the world for ${event.stop.reason}, ${formatDurationNs(eventPauseNs(event))}`
  return `${words}; ${heldWords(held)}`
}

/** `held up 2 connections, most storefront to checkout: 3.10 ms of its 9.00 ms`. */
export function heldWords(held: readonly HeldFlow[]): string {
  const [most] = held
  if (!most) return 'no connection that is known was open under it'
  const { flow, heldMs } = most
  const count = held.length === 1 ? '1 connection was open' : `${held.length} connections were open`
  return `${count} under it, most held up ${flow.from} to ${flow.to}: ${formatDurationNs(heldMs * 1e6)} of its ${formatDurationNs((flow.endMs - flow.startMs) * 1e6)}`
}

/** The event nearest to a time, among those that are at most so far from it; undefined where there is none. */
export function eventNear(
  events: readonly RuntimeEvent[],
  ms: number,
  withinMs: number,
): RuntimeEvent | undefined {
  let nearest: RuntimeEvent | undefined
  let distance = withinMs
  for (const event of events) {
    const { startMs, endMs } = eventSpan(event)
    const away = Math.max(startMs - ms, ms - endMs, 0)
    if (away > distance || (away === distance && nearest)) continue
    nearest = event
    distance = away
  }
  return nearest
}
