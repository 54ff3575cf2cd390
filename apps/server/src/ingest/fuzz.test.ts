import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import { BatchSchema } from '@quadrant/proto'
import fc from 'fast-check'
import { queryFlows } from '../query/flows.ts'
import { queryMap } from '../query/map.ts'
import { planRange } from '../query/range.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import { DEFAULT_STORE_LIMITS } from '../store/store.ts'
import { flowsOf, secondOf, type BatchInit } from '../testing/batch.ts'
import { decodeWireBatch } from '../testing/checked.ts'
import { TemporaryDir } from '../testing/temporary.ts'
import { checkBatch } from './check.ts'

/** Mostly sound, so that most of a batch gets past the checks, and now and then wild. */
const rarely = <T>(sound: fc.Arbitrary<T>, wild: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: sound }, { weight: 1, arbitrary: wild })
const counter = rarely(fc.nat(), fc.oneof(fc.double(), fc.constant(-1), fc.constant(Number.MAX_VALUE)))
const index = rarely(fc.nat(2), fc.nat())
const text = rarely(
  fc.constantFrom('web', 'kernel.ring', 'db'),
  fc.oneof(fc.string({ unit: 'binary' }), fc.constant('x'.repeat(5000))),
)
const key = rarely(fc.constantFrom('1@1', '2@1', '4294967295@99999999999999999999'), fc.string())
const bytes = rarely(
  fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
  fc.uint8Array(),
)
const endpoint = fc.oneof(
  fc.record({ case: fc.constant('processKey' as const), value: key }),
  fc.record({ case: fc.constant('address' as const), value: bytes }),
  fc.record({ case: fc.constant('other' as const), value: text }),
)
const edge = fc.record({
  client: index,
  server: index,
  protocol: rarely(fc.constantFrom(6 as const, 17 as const), fc.constant(0 as const)),
  serverPort: rarely(fc.nat(65_535), fc.nat()),
  opened: counter,
  bytesToServer: counter,
  active: rarely(fc.nat(), fc.constant(2 ** 40)),
  srttUsMax: counter,
  lastErrno: fc.nat(0xffff_ffff),
})
const batches: fc.Arbitrary<BatchInit> = fc.record({
  endpoints: fc.array(
    endpoint.map((kind) => ({ kind })),
    { minLength: 3, maxLength: 3 },
  ),
  edges: fc.array(edge, { maxLength: 4 }),
  drops: fc.array(fc.record({ stage: text, reason: text, count: counter }), { maxLength: 2 }),
  stages: fc.array(fc.record({ stage: text, seen: counter, kept: counter }), { maxLength: 2 }),
  processKeys: fc.tuple(key, key).map(([first, second]) => [first, second]),
  addresses: fc.array(bytes, { minLength: 1, maxLength: 2 }),
  flows: fc
    .record({ event: rarely(fc.nat(10), fc.nat()), offset: fc.integer(), process: index })
    .map(({ event, offset, process }) =>
      flowsOf(2, { event: [event, 2], offsetUs: [offset, 0], process: [process, 0] }),
    ),
})

test('whatever the structure, a batch is refused, or kept and shown', async () => {
  using dir = new TemporaryDir()
  await using store = openSqliteStore(join(dir.path, 'store.db'), DEFAULT_STORE_LIMITS)
  const { id } = await store.agent({ agentId: 'a', host: 'h', bootId: 'b', version: '' })
  const nowNs = Date.now() * 1e6
  let seq = 0
  let keptCount = 0
  await fc.assert(
    fc.asyncProperty(batches, async (init) => {
      const window = { startNs: nowNs - 10e9, endNs: nowNs - 9e9 }
      const encoded = toBinary(BatchSchema, create(BatchSchema, { ...secondOf(0, init), ...window }))
      const { batch, refusal } = checkBatch(decodeWireBatch(encoded), nowNs)
      if (!batch) {
        assert.ok(refusal!.detail !== '')
        return
      }
      keptCount++
      assert.equal((await store.commit(id, ++seq, batch)).applied, true)
    }),
    { seed: 6, numRuns: 300 },
  )
  assert.ok(keptCount > 20, `${keptCount} were kept`)
  const range = { startNs: nowNs - 60e9, endNs: nowNs }
  const query = { terms: [] }
  for (const level of [1, 2, 3] as const) {
    const map = await queryMap(store, { range, plan: planRange(range, nowNs), level, query, nowNs })
    assert.ok(map.edges.length > 0)
  }
  for await (const { flows } of queryFlows(store, {
    range: { startNs: 0, endNs: Infinity },
    limit: 1000,
    query,
    bothEnds: true,
  }))
    assert.ok(flows.every(({ localAddress }) => localAddress !== ''))
})
