import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { FilterUseSchema, HeldFilterSchema } from '@quadrant/proto'
import { Probation } from './probation.ts'

const MODULES = [0, 1, 2].map((seed) => new Uint8Array(32).fill(seed))
const held = (version: number) => [
  create(HeldFilterSchema, {
    name: 'auth',
    servingVersion: BigInt(version),
    ...(version > 0 && { servingSha256: MODULES[version]! }),
  }),
]
const use = (version: number, streams: number, traps: number) => [
  create(FilterUseSchema, {
    name: 'auth',
    moduleSha256: MODULES[version]!,
    streams,
    crashes: [{ name: 'trap', count: traps }],
  }),
]

function look(
  probation: Probation,
  of: ReturnType<typeof held>,
  uses: ReturnType<typeof use>,
  nowMs: number,
) {
  return probation.isWatching(of, nowMs) ? probation.failing(of, uses, nowMs) : []
}

test('a new release that crashes in most of its streams is told, once', () => {
  const probation = new Probation(held(1))
  assert.deepEqual(look(probation, held(2), use(2, 0, 0), 1000), [])
  assert.deepEqual(look(probation, held(2), use(2, 4, 4), 2000), [])
  assert.deepEqual(look(probation, held(2), use(2, 9, 8), 3000), [
    { name: 'auth', reason: 'of its first 9 streams 8 crashed: 8 trap' },
  ])
  assert.deepEqual(look(probation, held(2), use(2, 20, 19), 4000), [])
})

test('nothing else is', () => {
  // It serves most of its streams.
  const probation = new Probation(held(1))
  look(probation, held(2), [], 0)
  assert.deepEqual(look(probation, held(2), use(2, 1000, 100), 1000), [])
  // What is counted is of the one before.
  assert.deepEqual(look(probation, held(2), use(1, 10, 10), 2000), [])
  // Its time is over: who can crash it now must not have the older one serve.
  assert.deepEqual(look(probation, held(2), use(2, 2000, 1900), 60_000), [])
  // It served when the process began.
  assert.deepEqual(look(new Probation(held(2)), held(2), use(2, 10, 10), 1000), [])
  // It came back in the place of another.
  const back = new Probation(held(2))
  look(back, held(1), [], 0)
  assert.deepEqual(look(back, held(1), use(1, 10, 10), 1000), [])
})
