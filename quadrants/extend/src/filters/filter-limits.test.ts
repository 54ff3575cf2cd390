import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { before, test } from 'node:test'
import { FILTER_LIMITS, type FilterFailure, type HttpCallReceiver } from '@quadrant/wasm/proxy-wasm'
import { filterOf, openFilterThread, passThrough } from '../testing/filter-thread.ts'
import { FOREIGN_LIMITS } from './foreign/foreign-limits.ts'
import { NEEDS_GO } from '../testing/go-guest.ts'
import { goFilter } from '../testing/go-filter.ts'
import { RESTART_POLICY } from './plugin/plugin-spec.ts'

let hostile: Uint8Array

before(() => {
  if (NEEDS_GO.skip === false) hostile = goFilter('guest/hostilefilter')
})

/** Time has a test of its own. */
const limits = { ...FILTER_LIMITS, timePerCallMsMax: 10_000 }

const ended: readonly { readonly deed: string; readonly failure: FilterFailure }[] = [
  { deed: 'loop', failure: 'fuel' },
  { deed: 'trap', failure: 'trap' },
  { deed: 'allocate', failure: 'trap' },
  // Go has its stack in memory, which it makes larger, again and again.
  { deed: 'recurse', failure: 'fuel' },
  { deed: 'log for ever', failure: 'host-calls' },
]

for (const { deed, failure } of ended) {
  test(`a filter that does "${deed}" is ended, and another takes its place`, NEEDS_GO, async () => {
    await using thread = openFilterThread()
    const filter = await filterOf(hostile, { name: 'hostile', limits })
    assert.equal(await thread.filters.engine.apply([filter]), undefined)
    passThrough(thread, {})
    await spareMade()
    const answer = passThrough(thread, { headers: { 'x-deed': deed } })
    assert.equal(answer.response?.headers.get(':status'), '503')
    assert.equal(answer.details, 'wasm_fail_stream')
    assert.equal(answer.request, undefined)
    assert.deepEqual(
      thread.crashes.map((crash) => crash.failure),
      [failure],
    )
    // The one that waited serves at once, and knows nothing of what was before.
    const after = passThrough(thread, {})
    assert.equal(after.response?.headers.get('x-requests'), '1')
    const [report] = thread.filters.engine.report()
    assert.equal(report?.counts.crashes[failure], 1)
    assert.equal(report?.state, 'serving')
  })
}

test('what an instance declares is its own, also after it was replaced', NEEDS_GO, async () => {
  await using thread = openFilterThread()
  await thread.filters.engine.apply([await filterOf(hostile, { name: 'hostile' })])
  for (const deed of ['set once', 'trap', 'set once']) {
    await spareMade()
    const answer = passThrough(thread, { headers: { 'x-deed': deed } })
    assert.equal(answer.response?.headers.get(':status'), deed === 'trap' ? '503' : '200', deed)
  }
  assert.equal(thread.filters.engine.report()[0]?.counts.crashes.configuration, 0)
})

test(
  'one that fails open is left out while it is over, and streams that it has go on',
  NEEDS_GO,
  async () => {
    await using thread = openFilterThread()
    await thread.filters.engine.apply([await filterOf(hostile, { name: 'hostile', onFailure: 'open' })])
    const answer = passThrough(thread, { headers: { 'x-deed': 'trap' } })
    assert.equal(answer.response?.headers.get(':status'), '200')
    assert.equal(answer.response?.headers.has('x-requests'), false)
  },
)

test('one that crashes again and again comes back later and later', NEEDS_GO, async () => {
  await using thread = openFilterThread()
  const restart = { ...RESTART_POLICY, backoffMsMin: 60_000, backoffMsMax: 60_000 }
  await thread.filters.engine.apply([await filterOf(hostile, { name: 'hostile', restart })])
  await spareMade()
  passThrough(thread, { headers: { 'x-deed': 'trap' } })
  await spareMade()
  passThrough(thread, { headers: { 'x-deed': 'trap' } })
  await spareMade()
  assert.equal(thread.filters.engine.report()[0]?.state, 'restarting')
  const answer = passThrough(thread, {})
  assert.equal(answer.response?.headers.get(':status'), '503')
  assert.equal(thread.filters.engine.report()[0]?.counts.refused, 1)
})

test('streams that wait for a filter which is over end with it', NEEDS_GO, async () => {
  await using thread = openFilterThread()
  await thread.filters.engine.apply([await filterOf(hostile, { name: 'hostile' })])
  const waiting = passThrough(thread, { headers: { 'x-deed': 'wait' } })
  assert.equal(waiting.response, undefined)
  assert.equal(thread.filters.engine.report()[0]?.openStreamCount, 1)
  passThrough(thread, { headers: { 'x-deed': 'trap' } })
  assert.equal(waiting.details, 'wasm_fail_stream')
})

test('a callback may take so much time of the processor, whatever fuel it has', NEEDS_GO, async () => {
  await using thread = openFilterThread()
  const short = { ...FILTER_LIMITS, fuelPerCallMax: 1e12, timePerCallMsMax: 20 }
  await thread.filters.engine.apply([await filterOf(hostile, { name: 'hostile', limits: short })])
  passThrough(thread, { headers: { 'x-deed': 'loop' } })
  assert.deepEqual(
    thread.crashes.map(({ failure }) => failure),
    ['time'],
  )
})

test('what a filter logs over its limit is dropped, and counted', NEEDS_GO, async () => {
  await using thread = openFilterThread()
  const few = { ...limits, logLinesPerSecondMax: 100 }
  await thread.filters.engine.apply([await filterOf(hostile, { name: 'hostile', limits: few })])
  passThrough(thread, { headers: { 'x-deed': 'log' } })
  const dropped = thread.filters.engine.report()[0]?.counts.refusals.logLines ?? 0
  assert.equal(thread.logged.length + dropped, 20_000)
  // A second may begin meanwhile.
  assert.ok(thread.logged.length >= 100 && thread.logged.length <= 500, String(thread.logged.length))
})

test('calls over the limit are refused, and counted', NEEDS_GO, async () => {
  const receivers: HttpCallReceiver[] = []
  await using thread = openFilterThread({
    httpCall: (_, receiver) => {
      receivers.push(receiver)
      return { call: { cancel: () => {} } }
    },
    grpcCall: () => ({ result: 12 }),
    grpcStream: () => ({ result: 12 }),
  })
  const few = { ...limits, callsMax: 10 }
  await thread.filters.engine.apply([await filterOf(hostile, { name: 'hostile', limits: few })])
  passThrough(thread, { headers: { 'x-deed': 'call' } })
  assert.equal(receivers.length, 10)
  assert.equal(thread.filters.engine.report()[0]?.counts.refusals.calls, 1990)
})

test('a filter that does not start leaves the one before it in its place', NEEDS_GO, async () => {
  await using thread = openFilterThread()
  await thread.filters.engine.apply([await filterOf(hostile, { name: 'hostile' })])
  for (const [deed, failure] of [
    ['trap', 'trap'],
    ['loop', 'fuel'],
  ] as const) {
    const configuration = Buffer.from(`start:${deed}`)
    const refused = await thread.filters.engine.apply([
      await filterOf(hostile, { name: 'hostile', configuration, limits }),
    ])
    assert.equal(refused?.filter, 'hostile')
    assert.equal(refused.crash.failure, failure)
  }
  const answer = passThrough(thread, {})
  assert.equal(answer.response?.headers.get('x-requests'), '1')
})

test('what is kept with streams over its limit is refused, and counted', NEEDS_GO, async () => {
  await using thread = openFilterThread()
  await thread.filters.engine.apply([await filterOf(hostile, { name: 'hostile', limits })])
  passThrough(thread, { headers: { 'x-deed': 'keep' } })
  const [report] = thread.filters.engine.report()
  assert.equal(report?.counts.refusals.properties, 1000 - FOREIGN_LIMITS.stateEntriesMax)
})

test('a filter that is switched off and on again while it restarts has one instance', NEEDS_GO, async () => {
  await using thread = openFilterThread()
  const { engine } = thread.filters
  await engine.apply([await filterOf(hostile, { name: 'hostile' })])
  for (let turn = 0; turn < 10; turn++) {
    engine.setKilled('hostile', true)
    engine.setKilled('hostile', false)
  }
  await spareMade()
  await spareMade()
  assert.equal(passThrough(thread, {}).response?.headers.get('x-requests'), '1')
  const [report] = engine.report()
  assert.ok(report!.counts.instancesMade <= 4, String(report!.counts.instancesMade))
})

test('streams of a filter that was replaced are cut off when their time is over', NEEDS_GO, async () => {
  await using thread = openFilterThread()
  const { engine } = thread.filters
  await engine.apply([await filterOf(hostile, { name: 'hostile' })])
  const waiting = passThrough(thread, { headers: { 'x-deed': 'wait' } })
  await engine.apply([await filterOf(hostile, { name: 'hostile', configuration: Buffer.from('other') })])
  assert.equal(engine.drainingCount, 1)
  assert.equal(waiting.response, undefined)
  await sleep(1200)
  assert.equal(waiting.details, 'wasm_fail_stream')
  assert.equal(engine.drainingCount, 0)
})

/** One that waits is made between what else there is to do. */
async function spareMade(): Promise<void> {
  await sleep(50)
}
