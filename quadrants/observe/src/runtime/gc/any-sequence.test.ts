import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GcDiscards } from './gc-discards.ts'
import { GcKind, type GcEvent } from './gc-record.ts'
import { GcTimeline } from './gc-timeline.ts'

const REASONS = ['unknown', 'GC mark termination', 'GC sweep termination', 'read mem stats']
const MARK_TERMINATION = 1
const SWEEP_TERMINATION = 2
const READ_STATS = 3

/** What a made-up runtime does next. `rest` is what an exec cuts off of its records. */
type Step = 'collect' | 'resume marking' | 'stop' | { readonly exec: number }

interface Run {
  readonly events: readonly GcEvent[]
  /** Everything that may be told of it, as lines; cycles that an exec cut off are not in it. */
  readonly truth: ReadonlySet<string>
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Step>('collect', 'resume marking', 'stop') },
    { weight: 1, arbitrary: fc.nat(8).map((exec): Step => ({ exec })) },
  ),
  { maxLength: 20 },
)

/** A runtime that keeps to its order: its records, and what happened. */
function run(all: readonly Step[], gaps: readonly number[], hasReasons: boolean): Run {
  const records: Array<{ readonly kind: GcKind; readonly argument: number; readonly ts: number }> = []
  const truth = new Set<string>()
  let ts = 1000
  let tick = 0
  const hit = (kind: GcKind, argument = 0): number => {
    ts += (gaps[tick++ % gaps.length] ?? 0) % 1000
    records.push({ kind, argument, ts })
    return ts
  }
  const stop = (reason: number, inside: () => number | undefined, told?: string) => {
    const begin = hit(GcKind.stop, hasReasons ? reason : 200)
    inside()
    const start = hit(GcKind.start)
    const started = hit(GcKind.started)
    if (told !== undefined) truth.add(`${told} ${begin}+${started - begin}`)
    return { begin, start, started }
  }
  const nothing = () => undefined
  const name = (reason: number) => (hasReasons ? REASONS[reason]! : '')
  for (const step of all) {
    if (typeof step === 'object') {
      // Whatever the runtime was about to do is gone with its program.
      records.splice(Math.max(0, records.length - step.exec))
      continue
    }
    if (step === 'stop') {
      stop(READ_STATS, nothing, name(READ_STATS))
      continue
    }
    const first = stop(SWEEP_TERMINATION, () => hit(GcKind.begin, tick % 3))
    if (step === 'resume marking') stop(MARK_TERMINATION, nothing, name(MARK_TERMINATION))
    const last = stop(MARK_TERMINATION, () => hit(GcKind.markTermination))
    truth.add(`cycle ${first.begin}+${first.started - first.begin} ${last.begin}+${last.start - last.begin}`)
  }
  return {
    events: records.map(({ kind, argument, ts: at }, sequence) => ({
      kind,
      argument,
      ts: at,
      // So that it wraps now and then.
      sequence: (sequence + 0xffff_fff0) >>> 0,
      tells: false,
      slot: 0,
      generation: 1,
      procs: 2,
      figures: undefined,
    })),
    truth,
  }
}

function tell(events: readonly GcEvent[], hasReasons: boolean) {
  const told: string[] = []
  const discards = new GcDiscards()
  const timeline = new GcTimeline(
    { minor: hasReasons ? 26 : 20, stopReasons: hasReasons ? REASONS : undefined },
    {
      collection: (cycle) =>
        told.push(
          `cycle ${cycle.startTs}+${cycle.sweepTerminationNs} ${cycle.markTerminationStartTs}+${cycle.markTerminationNs}`,
        ),
      pause: ({ startTs, durationNs, reason }) => told.push(`${reason} ${startTs}+${durationNs}`),
    },
    discards,
  )
  for (const event of events) timeline.accept(event)
  return { told, discards }
}

const gaps = fc.array(fc.nat(999), { minLength: 1, maxLength: 40 })
const isWithoutExec = (all: readonly Step[]) => all.every((step) => typeof step !== 'object')

test('a runtime that keeps to its order is told whole, with nothing discarded', () => {
  fc.assert(
    fc.property(steps.filter(isWithoutExec), gaps, fc.boolean(), (all, times, hasReasons) => {
      const { events, truth } = run(all, times, hasReasons)
      const { told, discards } = tell(events, hasReasons)
      assert.deepEqual(new Set(told), truth)
      assert.deepEqual(discards.entries(), [])
    }),
    { seed: 4, numRuns: 1000 },
  )
})

test('whatever is lost, told twice or cut off by an exec: nothing is told that was not', () => {
  /** Of each record: 0 it is lost, 1 it comes twice, else it comes. */
  const fates = fc.array(fc.nat(12), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(steps, gaps, fc.boolean(), fates, (all, times, hasReasons, fate) => {
      const { events, truth } = run(all, times, hasReasons)
      const coming = events.flatMap((event, i) => {
        const one = fate[i % fate.length]
        return one === 0 ? [] : one === 1 ? [event, event] : [event]
      })
      const { told, discards } = tell(coming, hasReasons)
      for (const line of told) assert.ok(truth.has(line), `${line} never was`)
      assert.equal(new Set(told).size, told.length, 'something is told twice')
      const isWhole = isWithoutExec(all) && told.length === truth.size
      // What is lost at either end is nobody's loss that could be seen.
      const inner =
        coming.length > 0 && events.slice(events.indexOf(coming[0]!), events.indexOf(coming.at(-1)!) + 1)
      const isLossy = inner !== false && inner.length !== coming.length
      assert.ok(isWhole || !isLossy || discards.entries().length > 0, 'a loss is not counted')
    }),
    { seed: 4, numRuns: 3000 },
  )
})

test('any events at all: durations that are not negative, and a bounded count of what is told', () => {
  const anyEvent = fc.record({
    kind: fc.constantFrom(...Object.values(GcKind)),
    ts: fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 2 ** 50 })),
    sequence: fc.oneof(fc.nat(5), fc.nat(0xffff_ffff)),
    argument: fc.nat(255),
    tells: fc.boolean(),
    slot: fc.constant(0),
    generation: fc.constant(1),
    procs: fc.nat(),
    figures: fc.option(
      fc.record({ 'gcControllerState.heapLive': fc.double(), 'mstats.numgc': fc.double() }),
      { nil: undefined },
    ),
  })
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 100 }), fc.boolean(), (events, isNumbered) => {
      const coming = isNumbered ? events.map((event, sequence) => ({ ...event, sequence })) : events
      const { told } = tell(coming, true)
      assert.ok(told.length <= coming.length / 3)
      for (const line of told) assert.doesNotMatch(line, /\+-|NaN/)
    }),
    { seed: 4, numRuns: 3000 },
  )
})
