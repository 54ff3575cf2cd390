import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WasmError } from '../error.ts'
import { ENGINE } from '../wasi/engine.ts'
import { ModuleReader } from '../module/module-reader.ts'
import { parseModule } from '../module/parse-module.ts'
import { readSections } from '../module/sections.ts'
import { ByteWriter } from './byte-writer.ts'
import { rewriteModule } from './rewrite-module.ts'

/** (module (memory (export "m") …)), with a custom section before and behind. */
function withMemory(limits: readonly number[]): Uint8Array {
  const custom = [0, 3, 1, 0x78, 0x2a]
  const memory = [5, limits.length + 1, 1, ...limits]
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...custom,
    ...memory,
    7,
    5,
    1,
    1,
    0x6d,
    2,
    0,
    ...custom,
  ])
}

/** How many pages the engine gives at most, of those that are tried. */
async function pagesOf(bytes: Uint8Array): Promise<number> {
  const { exports } = await ENGINE.instantiate(await ENGINE.compile(bytes), {})
  const memory = exports['m'] as WebAssembly.Memory & { grow(pages: number): number }
  try {
    for (let count = 0; count < 500; count++) memory.grow(1)
  } catch {
    // Here is the end.
  }
  return memory.buffer.byteLength / 65_536
}

test('the engine gives a memory no more pages than the limit, and no more than it had', async () => {
  for (const [limits, pagesMax, expected] of [
    [[0, 1], 3, 3],
    [[1, 1, 10], 300, 10],
    [[1, 1, 10], 4, 4],
    [[1, 2, 2], 2, 2],
    [[0, 0x82, 0x00], 130, 130],
  ] as const)
    assert.equal(await pagesOf(limitMemory(withMemory(limits), pagesMax)), expected)
  assert.throws(() => limitMemory(withMemory([0, 5]), 4), { code: 'module', message: /320 KiB/ })
  // Shared, and of 64 bits.
  assert.throws(() => limitMemory(withMemory([3, 1, 2]), 4), { code: 'module' })
  assert.throws(() => limitMemory(withMemory([4, 1]), 4), { code: 'module' })
})

const limitMemory = (bytes: Uint8Array, memoryPagesMax: number) =>
  rewriteModule(parseModule(bytes), { memoryPagesMax })

const written = (write: (out: ByteWriter) => void) => {
  const out = new ByteWriter(1)
  write(out)
  return out.finish()
}

test('numbers in LEB128 come back, and longer ones are refused', () => {
  for (const value of [0, 1, 127, 128, 300, 2 ** 31, 2 ** 32 - 1]) {
    const reader = new ModuleReader(written((out) => out.u32(value)))
    assert.deepEqual([reader.u32(), reader.isAtEnd], [value, true])
  }
  for (const bytes of [[], [0x80], [0xff, 0xff, 0xff, 0xff, 0x1f], [0x80, 0x80, 0x80, 0x80, 0x80, 0]])
    assert.throws(() => new ModuleReader(Uint8Array.from(bytes)).u32(), { code: 'module' })
})

test('broken modules are refused, or limited to what the engine accepts as it did before', () => {
  const original = withMemory([1, 1, 10])
  let limitedCount = 0
  let count = 0
  const change = fc.record({ at: fc.nat(original.length - 1), value: fc.nat(255), isCut: fc.boolean() })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(20), (changes, pagesMax) => {
      count++
      let bytes = original.slice()
      for (const { at, value, isCut } of changes) {
        if (isCut && value < 40) bytes = bytes.slice(0, at)
        else if (at < bytes.length) bytes[at] = value
      }
      try {
        const limited = limitMemory(bytes, pagesMax)
        assert.equal(readSections(limited).length, readSections(bytes).length)
        if (ENGINE.validate(bytes)) assert.ok(ENGINE.validate(limited))
        limitedCount++
      } catch (error) {
        assert.ok(error instanceof WasmError, String(error))
      }
    }),
    { seed: 6, numRuns: 2000 },
  )
  assert.ok(limitedCount > 0 && limitedCount < count)
})

test('a module of nothing but empty sections is not read to its end', () => {
  const bytes = new Uint8Array(8 + 2 * 20_000)
  bytes.set(withMemory([0, 1]).subarray(0, 8))
  assert.throws(() => readSections(bytes), { code: 'module', message: /more than 10000 sections/ })
})
