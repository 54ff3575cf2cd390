import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classifier, generator } from '../../testing/classifier.ts'
import { ExtendError } from '../../error.ts'
import { ElementType } from '../element-type.ts'
import type { InferenceRuntime } from '../model.ts'
import { openWasmRuntime } from '../onnx-web/wasm-runtime.ts'
import { TensorBudget } from '../tensor-budget.ts'
import { openNativeRuntime } from './native-runtime.ts'

const skip = (() => {
  try {
    openNativeRuntime()[Symbol.dispose]()
    return false
  } catch (error) {
    return (error as Error).message
  }
})()

const SHAPE = [1, 3, 12, 12]
const MODEL = classifier({ size: 12, channels: 8 })

async function outputOf(runtime: InferenceRuntime, input: Float32Array): Promise<Float32Array> {
  using model = await runtime.load(MODEL)
  const budget = new TensorBudget(10_000)
  using execution = model.open(budget)
  execution.setInput(0, ElementType.FLOAT, SHAPE, new Uint8Array(input.buffer))
  await execution.compute()
  const output = new Float32Array(new Uint8Array(execution.output(0)).buffer)
  assert.equal(budget.bytes, input.byteLength + output.byteLength)
  return output
}

test('the native library computes what the WebAssembly build computes', { skip }, async () => {
  const input = Float32Array.from({ length: 432 }, generator(3))
  using native = openNativeRuntime()
  using wasm = await openWasmRuntime()
  const theirs = await outputOf(wasm, input)
  for (const [index, value] of (await outputOf(native, input)).entries())
    assert.ok(Math.abs(value - theirs[index]!) < 1e-5, `class ${index}: ${value}, ${theirs[index]}`)
})

test('mistakes have the same codes as in the WebAssembly build', { skip }, async () => {
  using native = openNativeRuntime({ computesMax: 2 })
  await assert.rejects(native.load(Buffer.from('no model')), { name: 'ExtendError', code: 'encoding' })
  using model = await native.load(MODEL)
  const budget = new TensorBudget(3 * 1728 + 80)
  const executions = [0, 1, 2].map(() => model.open(budget))
  const bytes = new Uint8Array(1728)
  const code = (what: string) => (error: unknown) => error instanceof ExtendError && error.code === what
  assert.throws(() => executions[0]!.setInput(1, ElementType.FLOAT, SHAPE, bytes), code('argument'))
  assert.throws(() => executions[0]!.setInput(0, ElementType.INT32, SHAPE, bytes), code('argument'))
  assert.throws(() => executions[0]!.output(0), code('runtime'))
  await assert.rejects(executions[0]!.compute() as Promise<void>, code('runtime'))
  for (const execution of executions) execution.setInput(0, ElementType.FLOAT, SHAPE, bytes)
  const results = await Promise.allSettled(executions.map(async (execution) => execution.compute()))
  assert.deepEqual(
    results.map((result) => (result.status === 'rejected' ? (result.reason as ExtendError).code : 'done')),
    ['done', 'done', 'busy'],
  )
  await assert.rejects(executions[2]!.compute() as Promise<void>, code('too-large'))
  for (const execution of executions) execution[Symbol.dispose]()
  assert.equal(budget.bytes, 0)
})

test('a GPU that is not there is told so', { skip }, async (t) => {
  try {
    using native = openNativeRuntime({ device: 'gpu' })
    using _ = await native.load(MODEL)
    t.diagnostic('this machine has one')
  } catch (error) {
    assert.equal((error as ExtendError).code, 'unsupported')
  }
})
