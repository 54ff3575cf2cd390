import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  block,
  branch,
  type Code,
  copyMemory,
  get,
  i32,
  i64,
  loop,
  select,
  sequence,
  set,
  tee,
  ValueType,
  when,
} from './code.ts'
import { type FunctionSpec, encodeModule } from './module.ts'

const { i32: I32, i64: I64 } = ValueType

/** Compiles one function with V8, which also validates the module, and returns it. */
function compile(spec: Omit<FunctionSpec, 'name'>, memory = new WebAssembly.Memory({ initial: 1 })) {
  const binary = encodeModule({ memoryPages: 1, functions: [{ name: 'run', ...spec }] })
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } })
  return instance.exports.run as (...args: readonly (number | bigint)[]) => number | bigint
}

test('constants of any size come back', () => {
  const check32 = (value: number) =>
    assert.equal(compile({ parameters: [], results: [I32], body: () => i32.const(value) })(), value | 0)
  const check64 = (value: bigint) => {
    const run = compile({ parameters: [], results: [I64], body: () => i64.const(value) })
    assert.equal(run(), BigInt.asIntN(64, value))
  }
  for (const value of [0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1])
    check32(value)
  for (const value of [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 0x9e3779b97f4a7c15n])
    check64(value)
  fc.assert(fc.property(fc.integer(), check32), { seed: 3, numRuns: 100 })
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), check64), {
    seed: 4,
    numRuns: 100,
  })
})

test('operators compute what JavaScript computes', () => {
  const rows: readonly [keyof typeof i64, (a: bigint, b: bigint) => bigint][] = [
    ['add', (a, b) => a + b],
    ['sub', (a, b) => a - b],
    ['mul', (a, b) => a * b],
    ['and', (a, b) => a & b],
    ['or', (a, b) => a | b],
    ['xor', (a, b) => a ^ b],
    ['shl', (a, b) => a << (b & 63n)],
    ['shr', (a, b) => BigInt.asUintN(64, a) >> (b & 63n)],
  ]
  for (const [name, expected] of rows) {
    const operator = i64[name] as (left: Code, right: Code) => Code
    const run = compile({
      parameters: [I64, I64],
      results: [I64],
      body: ([a, b]) => operator(get(a!), get(b!)),
    })
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    const holds = (a: bigint, b: bigint) => assert.equal(run(a, b), BigInt.asIntN(64, expected(a, b)), name)
    fc.assert(fc.property(int64, int64, holds), { seed: 5, numRuns: 50 })
  }
})

test('nested blocks, loops and branches', () => {
  // The sum of the odd numbers below n, left early above a limit.
  const run = compile({
    parameters: [I32, I32],
    results: [I32],
    body: ([n, limit], local) => {
      const i = local(I32)
      const sum = local(I32)
      return sequence(
        block((done) =>
          loop((again) =>
            sequence(
              branch(done, i32.greaterEqual(get(i), get(n!))),
              when(
                i32.and(get(i), i32.const(1)),
                sequence(
                  set(sum, i32.add(get(sum), get(i))),
                  when(i32.greater(get(sum), get(limit!)), branch(done)),
                ),
              ),
              set(i, i32.add(get(i), i32.const(1))),
              branch(again),
            ),
          ),
        ),
        get(sum),
      )
    },
  })
  assert.equal(run(10, 1000), 25)
  assert.equal(run(10, 5), 9)
  assert.equal(run(0, 5), 0)
})

test('memory: loads, stores, atomics and copies', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const view = new DataView(memory.buffer)
  view.setBigUint64(8, 0x8877665544332211n, true)
  const read = (code: Code) => compile({ parameters: [], results: [I64], body: () => code }, memory)()
  const eight = i32.const(8)
  assert.equal(read(i64.load8u(eight, 7)), 0x88n)
  assert.equal(read(i64.load8s(eight, 7)), -0x78n)
  assert.equal(read(i64.load16u(eight, 1)), 0x3322n)
  assert.equal(read(i64.load32s(eight, 4)), 0x88776655n - 2n ** 32n)
  assert.equal(read(i64.load32u(eight, 4)), 0x88776655n)
  assert.equal(BigInt.asUintN(64, read(i64.atomicLoad(eight, 0)) as bigint), 0x8877665544332211n)
  const write = compile(
    {
      parameters: [],
      results: [],
      body: () =>
        sequence(
          i64.atomicStore(i32.const(16), 0, i64.const(5)),
          copyMemory(i32.const(24), eight, i32.const(8)),
        ),
    },
    memory,
  )
  write()
  assert.equal(view.getBigUint64(16, true), 5n)
  assert.equal(view.getBigUint64(24, true), 0x8877665544332211n)
})

test('select and tee', () => {
  const run = compile({
    parameters: [I32],
    results: [I32],
    body: ([a], local) => {
      const kept = local(I32)
      return sequence(set(kept, select(i32.const(7), i32.const(9), tee(kept, get(a!)))), get(kept))
    },
  })
  assert.equal(run(1), 7)
  assert.equal(run(0), 9)
})
