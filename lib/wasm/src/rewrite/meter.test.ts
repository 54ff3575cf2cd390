// A metered program does what it did before, and pays for all that it does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WasmError } from '../error.ts'
import { inspectModule } from '../inspect/inspect-module.ts'
import { readSections } from '../module/sections.ts'
import { parseModule } from '../module/parse-module.ts'
import { madeProgram, MODULE_START, moduleOf, runOf } from '../testing/made-program.ts'
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

/** A module whose `run` has this code; `helper`, function 1, has the other. */
function endless(run: readonly number[], helper: readonly number[] = []): Uint8Array {
  const body = (code: readonly number[]) => [code.length + 2, 0, ...code, 0x0b]
  const bodies = [2, ...body(run), ...body(helper)]
  return Uint8Array.from(
    [
      MODULE_START,
      [1, 4, 1, 0x60, 0, 0],
      [3, 3, 2, 0, 0],
      [5, 3, 1, 0, 1],
      [7, 7, 1, 3, ...Buffer.from('run'), 0, 0],
      [10, bodies.length, ...bodies],
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
