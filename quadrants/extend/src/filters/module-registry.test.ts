import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILTER_LIMITS } from '@quadrant/wasm/proxy-wasm'
import { openFilterThread } from '../testing/filter-thread.ts'
import { filterThatStarts } from '../testing/made-filter-module.ts'
import { ModuleRegistry } from './module-registry.ts'
import { pluginSpec } from './plugin/plugin-spec.ts'

const LOOP = [0x03, 0x40, 0x0c, 0x00, 0x0b]
const TRAP = [0x00]

test('a module is compiled once for all who ask, and forgotten when all have let go of it', async () => {
  const registry = new ModuleRegistry()
  const bytes = filterThatStarts([])
  const [one, other] = await Promise.all([
    registry.acquire(bytes, FILTER_LIMITS),
    registry.acquire(bytes, FILTER_LIMITS),
  ])
  assert.equal(one.module, other.module)
  registry.release(one.digest, FILTER_LIMITS)
  assert.equal(registry.size, 1)
  registry.release(one.digest, FILTER_LIMITS)
  assert.equal(registry.size, 0)
  await assert.rejects(registry.acquire(bytes, FILTER_LIMITS, 'sha256:0'), { code: 'digest' })
})

const broken: readonly (readonly [name: string, bytes: Uint8Array, failure: string])[] = [
  ['that loops', filterThatStarts(LOOP), 'time'],
  ['that traps', filterThatStarts(TRAP), 'trap'],
]

for (const [name, bytes, failure] of broken) {
  test(`a start ${name} is no matter of the registry: whoever starts it for streams is told`, async () => {
    const limits = { ...FILTER_LIMITS, timePerCallMsMax: 20, fuelPerCallMax: 1e12 }
    const { module, digest } = await new ModuleRegistry().acquire(bytes, limits)
    await using thread = openFilterThread()
    const refused = await thread.filters.engine.apply([
      { spec: pluginSpec({ name: 'broken', digest, limits }), module },
    ])
    assert.equal(refused?.crash.failure, failure)
  })
}

test('nor is an import that nobody has', async () => {
  const { module, digest } = await new ModuleRegistry().acquire(
    filterThatStarts([], 'nothing'),
    FILTER_LIMITS,
  )
  await using thread = openFilterThread()
  const filter = { spec: pluginSpec({ name: 'broken', digest }), module }
  await assert.rejects(thread.filters.engine.apply([filter]), { code: 'link' })
})
