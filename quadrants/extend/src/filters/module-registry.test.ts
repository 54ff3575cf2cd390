import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILTER_LIMITS } from '@quadrant/wasm/proxy-wasm'
import { openFilterThread } from '../testing/filter-thread.ts'
import { ModuleRegistry } from './module-registry.ts'
import { pluginSpec } from './plugin/plugin-spec.ts'

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const LOOP = [0x03, 0x40, 0x0c, 0x00, 0x0b]
const TRAP = [0x00]

/** A filter that does so when it starts, and has one function that nobody has, where that is asked for. */
function filterThatStarts(start: readonly number[], importName?: string): Uint8Array {
  const text = (value: string) => [value.length, ...Buffer.from(value)]
  const section = (id: number, content: readonly number[]) => [id, content.length, ...content]
  const exported = (name: string, kind: number, index: number) => [...text(name), kind, index]
  const body = (code: readonly number[]) => [code.length + 2, 0, ...code, 0x0b]
  const first = importName === undefined ? 0 : 1
  return Uint8Array.from([
    ...HEADER,
    // () -> (), (i32) -> i32
    ...section(1, [2, 0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7f]),
    ...(importName === undefined ? [] : section(2, [1, ...text('env'), ...text(importName), 0, 0])),
    ...section(3, [3, 0, 0, 1]),
    ...section(5, [1, 0, 1]),
    ...section(7, [
      4,
      ...exported('memory', 2, 0),
      ...exported('proxy_abi_version_0_2_1', 0, first),
      ...exported('_start', 0, first + 1),
      ...exported('proxy_on_memory_allocate', 0, first + 2),
    ]),
    ...section(10, [3, ...body([]), ...body(start), ...body([0x41, 8])]),
  ])
}

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
