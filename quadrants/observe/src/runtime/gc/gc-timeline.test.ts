import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GcDiscards } from './gc-discards.ts'
import { GcKind, type GcEvent, type GcFigures } from './gc-record.ts'
import { GcTimeline } from './gc-timeline.ts'

const REASONS = ['unknown', 'GC mark termination', 'GC sweep termination', 'read mem stats']

/** `stop/2@100` is a record of that kind, argument and time; `#7` before it sets its number, else it is the next. */
function eventsOf(text: string): GcEvent[] {
  let next = 0
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [, number, kind, argument, ts] =
        /^(?:#(\d+))?([a-zA-Z]+)(?:\/(\d+))?@(\d+)$/.exec(word) ?? assert.fail(word)
      const sequence = number === undefined ? next : Number(number)
      next = (sequence + 1) >>> 0
      return event(GcKind[kind as keyof typeof GcKind], Number(ts), sequence, Number(argument ?? 0))
    })
}

function event(kind: GcKind, ts: number, sequence: number, argument: number): GcEvent {
  return { kind, ts, sequence, argument, tells: false, slot: 0, generation: 1, procs: 4, figures: undefined }
}

function tell(events: readonly GcEvent[], reasons: readonly string[] | 'none' = REASONS) {
  const told: string[] = []
  const discards = new GcDiscards()
  const timeline = new GcTimeline(
    { minor: 26, stopReasons: reasons === 'none' ? undefined : reasons },
    {
      collection: (cycle) =>
        told.push(
          `${cycle.trigger} ${cycle.startTs}+${cycle.sweepTerminationNs} ${cycle.markTerminationStartTs}+${cycle.markTerminationNs}`,
        ),
      pause: ({ startTs, durationNs, reason }) => told.push(`${reason || '?'} ${startTs}+${durationNs}`),
    },
    discards,
  )
  for (const one of events) timeline.accept(one)
  return { told, discards: Object.fromEntries(discards.entries()) }
}

const CYCLE = 'stop/2@10 begin@12 start@14 started@15 stop/1@50 markTermination@52 start@57 started@60'

test('what records come to', () => {
  const check = (text: string, told: readonly string[], discards: Record<string, number> = {}) =>
    assert.deepEqual(tell(eventsOf(text)), { told, discards }, text)
  check(CYCLE, ['heap 10+5 50+7'])
  check(CYCLE.replace('begin', 'begin/1'), ['time 10+5 50+7'])
  check(CYCLE.replace('begin', 'begin/2'), ['forced 10+5 50+7'])
  check(CYCLE.replace('begin', 'begin/3'), ['unknown 10+5 50+7'])
  check('stop/3@10 start@14 started@17', ['read mem stats 10+7'])
  check('stop/99@10 start@14 started@17', ['? 10+7'])
  // A stop between the two of a cycle; marking that goes on once more.
  check(
    'stop/2@10 begin@12 start@14 started@15 stop/3@20 start@21 started@22 stop/1@30 start@31 started@33 stop/1@50 markTermination@52 start@57 started@60',
    ['read mem stats 20+2', 'GC mark termination 30+3', 'heap 10+5 50+7'],
  )
  // The number of a hit wraps.
  check(CYCLE.replace('stop/2', '#4294967293stop/2'), ['heap 10+5 50+7'])
})

test('probes that are placed in the middle tell the next whole pause and cycle', () => {
  const check = (text: string, told: readonly string[], discards: Record<string, number> = {}) =>
    assert.deepEqual(tell(eventsOf(text)), { told, discards }, text)
  const parts = CYCLE.split(' ')
  for (let from = 1; from <= 3; from++)
    check(`${parts.slice(from).join(' ')} stop/3@70 start@71 started@72`, ['read mem stats 70+2'], {
      'no-beginning': 1,
    })
  for (let from = 4; from <= 6; from++) {
    const { told } = tell(eventsOf(`${parts.slice(from).join(' ')} ${CYCLE.replaceAll('@', '@1')}`))
    assert.deepEqual(told, ['heap 110+5 150+7'])
  }
})

test('a lost record never makes a wrong pause', () => {
  const all = eventsOf(`${CYCLE} ${CYCLE.replaceAll('@', '@1')} ${CYCLE.replaceAll('@', '@2')}`)
  const whole = ['heap 10+5 50+7', 'heap 110+5 150+7', 'heap 210+5 250+7']
  assert.deepEqual(tell(all), { told: whole, discards: {} })
  for (let from = 0; from < all.length; from++)
    for (let to = from + 1; to <= all.length; to++) {
      const { told, discards } = tell([...all.slice(0, from), ...all.slice(to)])
      const isAtAnEnd = from === 0 || to === all.length
      assert.ok(
        told.every((one) => whole.includes(one)),
        `${from}–${to}: ${told.join(', ')}`,
      )
      assert.ok(
        told.length === whole.length || isAtAnEnd || discards['gap']! > 0,
        `${from}–${to}: nothing is counted`,
      )
    }
})

test('orders that cannot be', () => {
  const check = (text: string, told: readonly string[], discards: Record<string, number>) =>
    assert.deepEqual(tell(eventsOf(text)), { told, discards }, text)
  const next = 'stop/3@70 start@71 started@72'
  const nextTold = 'read mem stats 70+2'
  check(`stop/3@10 ${next}`, [nextTold], { order: 1 })
  check(`stop/3@10 start@11 ${next}`, [nextTold], { order: 1 })
  check(`stop/3@10 started@11 ${next}`, [nextTold], { order: 1 })
  check(`stop/3@10 start@11 start@12 ${next}`, [nextTold], { order: 1 })
  check(`stop/3@10 start@11 started@12 started@13 ${next}`, ['read mem stats 10+2', nextTold], { order: 1 })
  check(`stop/2@10 begin@11 begin@12 ${next}`, [nextTold], { order: 1 })
  check(`stop/2@10 start@11 begin@12 ${next}`, [nextTold], { reason: 1 })
  check(`stop/1@10 begin@11 start@12 started@13 ${next}`, [nextTold], { reason: 1 })
  check(`stop/2@10 markTermination@11 start@12 started@13 ${next}`, [nextTold], { reason: 1 })
  check(`stop/3@20 start@19 started@21 ${next}`, [nextTold], { clock: 1 })
  // An exec in the middle of a cycle: the new program begins anew.
  check('stop/2@10 begin@12 start@14 started@15 ' + CYCLE.replaceAll('@', '@1'), ['heap 110+5 150+7'], {
    unfinished: 1,
  })
})

test('without reasons the stops are told apart by what happens during them', () => {
  const records = eventsOf(`${CYCLE} stop/2@70 start@71 started@72`)
  const pause = '? 70+2'
  assert.deepEqual(tell(records, 'none'), { told: ['heap 10+5 50+7', pause], discards: {} })
  // A table of reasons that does not fit: no cycle is believed.
  assert.deepEqual(tell(records, []), { told: [pause], discards: { reason: 2 } })
})

test('figures go to the cycle they were read in', () => {
  const withFigures = (kind: GcKind, figures: GcFigures) => (one: GcEvent) =>
    one.kind === kind ? { ...one, figures } : one
  const cycles: unknown[] = []
  const timeline = new GcTimeline(
    { minor: 26, stopReasons: REASONS },
    { collection: (cycle) => cycles.push(cycle), pause: () => undefined },
    new GcDiscards(),
  )
  eventsOf(CYCLE)
    .map(
      withFigures(GcKind.begin, {
        'gcControllerState.heapLive': 101,
        'workType.heap0': 100,
        'workType.cycles': 7,
      }),
    )
    .map(withFigures(GcKind.markTermination, { 'gcControllerState.heapLive': 120 }))
    .map(
      withFigures(GcKind.start, {
        'gcControllerState.heapMarked': 60,
        'gcControllerState.lastHeapGoal': 130,
        'gcControllerState.gcPercentHeapGoal': 125,
        'gcControllerState.assistTime': 1,
        'gcControllerState.dedicatedMarkTime': 2,
        'gcControllerState.fractionalMarkTime': 3,
        'gcControllerState.idleMarkTime': 4,
        'gcControllerState.sweepDistMinTrigger': 0,
        'gcControllerState.triggered': 2 ** 64,
        'gcControllerState.memoryLimit': 2 ** 63,
        'gcControllerState.heapFree': 0,
        'gcControllerState.totalAlloc': 0,
        'gcControllerState.totalFree': 0,
        'gcControllerState.mappedReady': 0,
      }),
    )
    .forEach((one) => timeline.accept(one))
  assert.deepEqual(cycles, [
    {
      startTs: 10,
      endTs: 57,
      sweepTerminationNs: 5,
      markTerminationStartTs: 50,
      markTerminationNs: 7,
      trigger: 'heap',
      procs: 4,
      number: 7,
      heapStartBytes: 100,
      heapEndBytes: 120,
      heapLiveBytes: 60,
      heapGoalBytes: 130,
      nextHeapGoalBytes: 125,
      assistNs: 1,
      dedicatedNs: 5,
      idleNs: 4,
    },
  ])
})
