// A metered program does what it did before, and pays for all that it does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WasmError } from '../error.ts'
import { inspectModule } from '../inspect/inspect-module.ts'
import { readSections } from '../module/sections.ts'
import { parseModule } from '../module/parse-module.ts'
import { madeProgram, MODULE_START, moduleOf, runOf } from '../testing/made-program.ts'
import { compileCommand } from '../wasi/compile.ts'
import { ENGINE, type Global64 } from '../wasi/engine.ts'
import { FUEL_EXPORT, REFUEL_EXPORT, rewriteModule } from './rewrite-module.ts'

const FUEL = 10n ** 15n
/** An `add` of a made program reads a global, multiplies, adds and writes. */
const STEP_COST = 4

async function runModule(bytes: Uint8Array) {
  const { exports } = await ENGINE.instantiate(await ENGINE.compile(bytes), {})
  const fuel = exports[FUEL_EXPORT] as Global64 | undefined
  if (fuel !== undefined) fuel.value = FUEL
  let isTrapped = false
  try {
    ;(exports['run'] as () => void)()
  } catch {
    isTrapped = true
  }
  const { value: state } = exports['state'] as { readonly value: number }
  return { isTrapped, state, used: fuel === undefined ? undefined : Number(FUEL - fuel.value) }
}

test('programs of blocks, loops, tables and calls do the same, and pay for each step', async () => {
  let count = 0
  await fc.assert(
    fc.asyncProperty(madeProgram, async (program) => {
      const bytes = moduleOf(program)
      const expected = runOf(program)
      const plain = await runModule(bytes)
      const metered = await runModule(rewriteModule(parseModule(bytes), { isMetered: true }))
      assert.equal(plain.isTrapped, expected === undefined)
      assert.deepEqual([metered.isTrapped, metered.state], [plain.isTrapped, plain.state])
      if (expected === undefined) return
      assert.equal(plain.state, expected.state)
      // A function of a few steps, without loops and calls, is paid for by its caller.
      const isFree = expected.steps < 4
      assert.ok(
        isFree || metered.used! >= expected.steps * STEP_COST - 12,
        `${metered.used} for ${expected.steps} steps`,
      )
      count++
    }),
    { seed: 6, numRuns: 1500 },
  )
  assert.ok(count > 500, `${count} programs came to their end`)
})

const length = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...length(value >> 7)]

/** A module whose `run` has this code; `helper`, function 1, has the other. */
function endless(run: readonly number[], helper: readonly number[] = []): Uint8Array {
  const body = (code: readonly number[]) => [...length(code.length + 2), 0, ...code, 0x0b]
  const bodies = [2, ...body(run), ...body(helper)]
  return Uint8Array.from(
    [
      MODULE_START,
      [1, 4, 1, 0x60, 0, 0],
      [3, 3, 2, 0, 0],
      [5, 3, 1, 0, 1],
      [7, 7, 1, 3, ...Buffer.from('run'), 0, 0],
      [10, ...length(bodies.length), ...bodies],
    ].flat(),
  )
}

test('whatever never ends runs out of fuel', async () => {
  const fill = [0x41, 0, 0x41, 0, 0x41, 0x80, 0x80, 4, 0xfc, 11, 0]
  for (const [name, bytes] of Object.entries({
    'an empty loop': endless([0x03, 0x40, 0x0c, 0, 0x0b]),
    'a loop within a loop that its start leads to': endless([0x03, 0x40, 0x03, 0x40, 0x0c, 1, 0x0b, 0x0b]),
    'a table that leads to its own loop': endless([0x03, 0x40, 0x41, 0, 0x0e, 1, 0, 0, 0x0b]),
    'a loop of calls': endless([0x03, 0x40, 0x10, 1, 0x0c, 0, 0x0b]),
    'a call in place of the end': endless([0x12, 1], [0x12, 0]),
    'calls that make two each': endless([0x10, 0, 0x10, 0]),
    'filled memory': endless([0x03, 0x40, ...fill, 0x0c, 0, 0x0b]),
    'a call that is gone on behind': endless(
      [
        [0x03, 0x40, 0x02, 0x40, 0x41, 0, 0x0e, 1, 0, 0],
        [0x10, 1, 0x41, 0, 0x0d, 2, 0x0b],
        [0x0c, 0, 0x0b],
      ].flat(),
    ),
  })) {
    const metered = rewriteModule(parseModule(bytes), { isMetered: true })
    const { exports } = await ENGINE.instantiate(await ENGINE.compile(metered), {})
    ;(exports[FUEL_EXPORT] as Global64).value = 100_000n
    assert.ok(exports[REFUEL_EXPORT] instanceof ENGINE.Table)
    // The table is empty: whoever asks for more traps, or has used the stack up before.
    assert.throws(exports['run'] as () => void, { name: /RuntimeError|RangeError/ }, name)
  }
})

test('a module is metered once, and not where it has what cannot be', () => {
  const metered = rewriteModule(parseModule(endless([])), { isMetered: true })
  const twice = () => rewriteModule(parseModule(metered), { isMetered: true })
  assert.throws(twice, { code: 'module', message: /metered/ })
  const struct = Uint8Array.from([...MODULE_START, 1, 3, 1, 0x5f, 0])
  assert.throws(() => rewriteModule(parseModule(struct), { isMetered: true }), {
    code: 'module',
    message: /garbage collection/,
  })
  const shared = Uint8Array.from([...MODULE_START, 5, 4, 1, 3, 1, 2])
  assert.throws(() => rewriteModule(parseModule(shared), { isMetered: true }), {
    code: 'module',
    message: /share/,
  })
})

test('broken modules are refused, or metered to what the engine accepts as it did before', () => {
  let meteredCount = 0
  let validCount = 0
  const change = fc.record({ place: fc.nat(), value: fc.nat(255), isCut: fc.boolean() })
  fc.assert(
    fc.property(madeProgram, fc.array(change, { minLength: 1, maxLength: 3 }), (program, changes) => {
      let bytes = moduleOf(program)
      for (const { place, value, isCut } of changes) {
        if (isCut && value < 40) bytes = bytes.slice(0, place % bytes.length)
        else bytes[place % bytes.length] = value
      }
      const isValid = ENGINE.validate(bytes)
      if (isValid) validCount++
      try {
        inspectModule(bytes)
        const metered = rewriteModule(parseModule(bytes), { isMetered: true })
        meteredCount++
        assert.ok(readSections(metered).length > 0)
        assert.equal(ENGINE.validate(metered), isValid)
      } catch (error) {
        assert.ok(error instanceof WasmError, String(error))
      }
    }),
    { seed: 6, numRuns: 3000 },
  )
  assert.ok(
    validCount > 100 && meteredCount >= validCount / 2,
    `${validCount} valid, ${meteredCount} metered`,
  )
})

/** `run` with a local of type i64. */
function withLocal(run: readonly number[], tail: readonly number[] = []): Uint8Array {
  const body = [1, 1, 0x7e, ...run, 0x0b]
  return Uint8Array.from(
    [
      MODULE_START,
      [1, 4, 1, 0x60, 0, 0],
      [3, 2, 1, 0],
      [7, 7, 1, 3, ...Buffer.from('run'), 0, 0],
      tail,
      [10, body.length + 2, 1, body.length, ...body],
    ].flat(),
  )
}

test('a module that writes to what its meter would have is no module', async () => {
  for (const [name, bytes] of Object.entries({
    // (local.set 1 (i64.const -1)), where it has one local.
    'the local': withLocal([0x42, 0x7f, 0x21, 1]),
    'the global': withLocal([0x42, 0x7f, 0x24, 0]),
    // (elem (table 0) (i32.const 0) func 0), where it has no table.
    'the table': withLocal([], [9, 7, 1, 0, 0x41, 0, 0x0b, 1, 0]),
  }))
    await assert.rejects(compileCommand(bytes, { isMetered: true }), { code: 'module' }, name)
})

test('between two looks at the fuel there is not much', async () => {
  const fill = [0x41, 0, 0x41, 0, 0x41, 0x80, 0x80, 4, 0xfc, 11, 0]
  const adds = Array.from({ length: 300 }, () => [0x41, 1, 0x41, 1, 0x6a, 0x1a]).flat()
  const constants = Array.from({ length: 400 }, () => [0x42, 1, 0x1a]).flat()
  for (const [name, bytes, most] of [
    ['filled memory, again and again', endless(Array.from({ length: 10 }, () => fill).flat()), 4000],
    ['calls of a function without calls', endless([0x10, 1, 0x10, 1, 0x10, 1, 0x10, 1], adds), 1000],
    ['constants that nobody needs', endless([0x03, 0x40, ...constants, 0x0c, 0, 0x0b]), 400],
  ] as const) {
    const metered = rewriteModule(parseModule(bytes), { isMetered: true })
    const { exports } = await ENGINE.instantiate(await ENGINE.compile(metered), {})
    const fuel = exports[FUEL_EXPORT] as Global64
    fuel.value = 100n
    assert.throws(exports['run'] as () => void, { name: 'RuntimeError' }, name)
    assert.ok(fuel.value > BigInt(-most), `${name}: ${fuel.value}`)
  }
})

test('tables grow together as far as their limit, and no further', async () => {
  // Two tables, of which the first has a maximum; `run` grows the second by as much as there is.
  const grow = [0xd0, 0x70, 0x41, 0xc0, 0x84, 0x3d, 0xfc, 15, 1, 0x1a]
  const body = [0, ...grow, 0x0b]
  const bytes = Uint8Array.from(
    [
      MODULE_START,
      [1, 4, 1, 0x60, 0, 0],
      [3, 2, 1, 0],
      [4, 8, 2, 0x70, 1, 1, 5, 0x70, 0, 2],
      [7, 11, 2, 3, ...Buffer.from('run'), 0, 0, 1, 0x74, 1, 1],
      [10, body.length + 2, 1, body.length, ...body],
    ].flat(),
  )
  const lengthOf = async (module: Uint8Array) => {
    const { exports } = await ENGINE.instantiate(await ENGINE.compile(module), {})
    ;(exports['run'] as () => void)()
    return (exports['t'] as { readonly length: number }).length
  }
  assert.equal(await lengthOf(bytes), 1_000_002)
  for (const isMetered of [false, true])
    assert.equal(await lengthOf(rewriteModule(parseModule(bytes), { memoryPagesMax: 1, isMetered })), 2)
})
