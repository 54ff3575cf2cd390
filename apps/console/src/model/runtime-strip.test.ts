import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { FlowEvent, GcTrigger, GetRuntimeResponseSchema, Role } from '@quadrant/proto'
import {
  describeEvent,
  eventFlows,
  eventNear,
  eventPauseNs,
  runtimeEvents,
  type RuntimeEvent,
} from './runtime-event.ts'
import { isKnown, lineMax, toRuntimeStrip, valueAt } from './runtime-strip.ts'

const START_MS = 1_700_000_000_000
const ns = (ms: number) => (START_MS + ms) * 1e6
const PROCESS = 'proc:web-1/42@1'

const flow = (endMs: number, durationMs: number, processKey = '42@1', to = 'checkout') => ({
  timeNs: ns(endMs),
  durationUs: durationMs * 1000,
  event: FlowEvent.CLOSE,
  role: Role.SERVER,
  host: 'web-1',
  processKey,
  service: to,
  peerService: 'storefront',
  localPort: 9002,
  cookie: endMs,
})

const strip = toRuntimeStrip(
  create(GetRuntimeResponseSchema, {
    processes: [PROCESS, 'proc:web-1/43@1'],
    gcCycles: [
      {
        process: 0,
        number: 17,
        startNs: ns(1000),
        endNs: ns(1020),
        sweepTerminationNs: 200_000,
        markTerminationStartNs: ns(1019),
        markTerminationNs: 900_000,
        trigger: GcTrigger.FORCED,
        heapStartBytes: 80e6,
        heapLiveBytes: 42e6,
        heapGoalBytes: 84e6,
        assistNs: 2e6,
        dedicatedNs: 6e6,
      },
      { process: 1, startNs: ns(500), endNs: ns(510), sweepTerminationNs: 50_000 },
    ],
    worldStops: [{ process: 0, startNs: ns(2000), durationNs: 3e6, reason: 'GOMAXPROCS' }],
    goFigures: [0, 1000, 2000, 3000, 60_000].map((ms) => ({
      process: 0,
      timeNs: ns(ms),
      heapLiveBytes: 1e6 + ms,
      goroutines: 7,
      known: 2 ** 3 + (ms === 2000 ? 0 : 2 ** 11),
    })),
    slowFlows: [
      flow(1019.5, 5),
      flow(1030, 2000),
      flow(1000.1, 0.05),
      flow(1025, 5.5),
      flow(1019.2, 1, '99@1', 'other'),
      { ...flow(1019.8, 9), durationUs: 0 },
      flow(2001, 40),
    ],
  }),
)
const events = runtimeEvents(strip)
const forced = events.find((event) => event.kind === 'collection' && event.collection.source.number === 17)!

/** Whether a flow lies under a pause, by stepping through it: nothing of the code that is tested. */
function liesUnder(flow: { startMs: number; endMs: number }, event: RuntimeEvent): boolean {
  const { startNs, sweepTerminationNs, markTerminationStartNs, markTerminationNs } = (
    event as Extract<RuntimeEvent, { kind: 'collection' }>
  ).collection.source
  const inPause = (at: number) =>
    (at > startNs && at < startNs + sweepTerminationNs) ||
    (at > markTerminationStartNs && at < markTerminationStartNs + markTerminationNs)
  for (let at = flow.startMs; at < flow.endMs; at += 0.02) if (inPause(at * 1e6)) return true
  return false
}

test('the slow requests under a forced collection are those that were open in one of its pauses', () => {
  const under = eventFlows(forced, strip)
  const ofProcess = strip.flows.filter(({ to }) => to === 'checkout')
  assert.deepEqual(
    new Set(under.map(({ flow: { key } }) => key)),
    new Set(ofProcess.filter((each) => liesUnder(each, forced)).map(({ key }) => key)),
  )
  assert.equal(under.length, 4)
  // First the one that the pause took most of: 0.05 of 0.05 ms.
  assert.deepEqual(
    under.map(({ share }) => Number(share.toFixed(3))),
    [1, 0.1, 0.073, 0.001],
  )
})

test('an event is told in words, with what it held up', () => {
  assert.equal(
    describeEvent(forced, strip),
    'collection 17, forced, took 20.0 ms, pauses 200 µs and 900 µs, 80.0 MB → 42.0 MB live, goal 84.0 MB, 8.00 ms of CPU, assists 2.00 ms (25.0 %); 4 connections were open under it, most held up storefront to checkout: 50.0 µs of its 50.0 µs',
  )
  assert.deepEqual(
    events.map((event) => [event.kind, eventPauseNs(event)]),
    [
      ['collection', 50_000],
      ['collection', 1_100_000],
      ['stop', 3e6],
    ],
  )
  assert.match(
    describeEvent(events[2]!, strip),
    /^stop of the world for GOMAXPROCS, 3.00 ms; 1 connection was open/,
  )
  assert.match(
    describeEvent(events[0]!, strip),
    /^collection, trigger not known, .*heap not read, CPU time not read; no connection/,
  )
})

test('the nearest event is found, and none that is too far', () => {
  const key = (ms: number, within: number) => eventNear(events, START_MS + ms, within)?.key
  assert.equal(key(1010, 0), forced.key)
  assert.equal(key(1100, 100), forced.key)
  assert.equal(key(1200, 100), undefined)
})

test('what was not read is a gap, and so is a time without figures', () => {
  const [heap, goroutines] = [strip.heapLive[0]!, strip.goroutines[0]!]
  assert.equal(
    strip.heapGoal[0]!.values.every((value) => value === null),
    true,
  )
  assert.deepEqual(goroutines.values, [7, 7, null, 7, null, 7])
  assert.equal(heap.values.filter((value) => value === null).length, 1)
  assert.equal(valueAt(heap, START_MS + 2500), 1_002_000)
  assert.equal(valueAt(heap, START_MS - 1), undefined)
  assert.equal(valueAt(heap, START_MS + 59_500), undefined)
  assert.equal(lineMax(strip.heapLive, { startMs: START_MS, endMs: START_MS + 3000 }), 1_003_000)
  assert.equal(isKnown({ known: 2 ** 11 } as Parameters<typeof isKnown>[0], 11), true)
})
