import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classifier } from '../testing/classifier.ts'
import { NnGuest, RESULT } from '../testing/nn-guest.ts'
import { onnxModel, type Size } from '../testing/onnx-model.ts'
import { ElementType } from './element-type.ts'
import { inferenceModule, type InferenceModuleOptions } from './inference-module.ts'
import { ModelStore } from './model-store.ts'
import { NnErrno } from './nn-errno.ts'
import { openWasmRuntime } from './onnx-web/wasm-runtime.ts'

const F16 = 0
const F32 = 1
const F64 = 2
const U8 = 3
const I32 = 4
const I64 = 5
const BF16 = 6

const SMALL = classifier({ size: 4, channels: 2 })

/** `y` is `x`, of any number of rows. */
function identity(type: number, sizes: readonly Size[] = ['rows', 2]): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', type, sizes }],
    outputs: [{ name: 'y', type, sizes }],
    nodes: [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
}

function open(options: InferenceModuleOptions = {}) {
  const module = inferenceModule({ openRuntime: openWasmRuntime, ...options })
  return { module, guest: new NnGuest(module) }
}

async function openContext(guest: NnGuest, model: Uint8Array): Promise<number> {
  assert.equal(await guest.load(model), NnErrno.SUCCESS)
  assert.equal(await guest.call('init_execution_context', guest.result, RESULT), NnErrno.SUCCESS)
  return guest.result
}

test('each type of tensor comes back as it went in', async () => {
  const { module, guest } = open()
  using _ = guest
  for (const [tensorType, onnxType, data] of [
    [F16, ElementType.FLOAT16, new Float16Array([1.5, -2, 0.25, 65504])],
    [F32, ElementType.FLOAT, new Float32Array([1.5, -2, NaN, 3e38])],
    [F64, ElementType.DOUBLE, new Float64Array([Math.PI, -0, 1e300, 5e-324])],
    [U8, ElementType.UINT8, new Uint8Array([0, 255, 7, 128])],
    [U8, ElementType.BOOL, new Uint8Array([0, 1, 1, 0])],
    [I32, ElementType.INT32, new Int32Array([-(2 ** 31), 2 ** 31 - 1, 0, -1])],
    [I64, ElementType.INT64, new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n])],
    [BF16, ElementType.BFLOAT16, new Uint16Array([0x3fc0, 0xc000, 0, 0x7f7f])],
  ] as const) {
    const context = await openContext(guest, identity(onnxType))
    assert.equal(await guest.setInput(context, 0, tensorType, [2, 2], data), 0, `type ${tensorType}`)
    assert.equal(await guest.call('compute', context), 0, `type ${tensorType}`)
    assert.deepEqual(await guest.output(context, 0), new Uint8Array(data.buffer), `type ${tensorType}`)
  }
  assert.equal(module.counts.computeCount, 8)
  assert.equal(module.counts.failureCount, 0)
})

test('an input may change its shape where the model lets it, and stays until it is set again', async () => {
  const { guest } = open()
  using _ = guest
  const context = await openContext(guest, identity(ElementType.FLOAT))
  for (const rows of [1, 3, 0, 3, 200]) {
    const data = Float32Array.from({ length: rows * 2 }, (_, index) => index + rows)
    assert.equal(await guest.setInput(context, 0, F32, [rows, 2], data), 0)
    for (const _ of [1, 2]) {
      assert.equal(await guest.call('compute', context), 0)
      assert.deepEqual(await guest.output(context, 0), new Uint8Array(data.buffer))
    }
  }
})

test('each mistake of a guest has its number', async () => {
  const models = new ModelStore(new Map([['small', async () => SMALL]]), openWasmRuntime)
  using _models = models
  const { guest } = open({
    models,
    limits: { graphsMax: 3, contextsMax: 2, tensorBytesMax: 400, modelBytesMax: 30_000 },
  })
  using _ = guest
  const {
    INVALID_ARGUMENT,
    INVALID_ENCODING,
    RUNTIME_ERROR,
    UNSUPPORTED_OPERATION,
    NOT_FOUND,
    TOO_LARGE,
    BUSY,
    SUCCESS,
  } = NnErrno
  const image = new Float32Array(48)
  const shape = [1, 3, 4, 4]
  const model = guest.words(guest.place(SMALL), SMALL.length)
  const name = guest.place(Buffer.from('small'))
  const steps: readonly (readonly [
    what: string,
    answer: Promise<unknown> | (() => Promise<unknown>),
    expected: unknown,
  ])[] = [
    ['an encoding that is not ONNX', () => guest.load(SMALL, { encoding: 0 }), INVALID_ENCODING],
    ['no encoding', () => guest.load(SMALL, { encoding: 6 }), INVALID_ARGUMENT],
    ['a GPU', () => guest.load(SMALL, { target: 1 }), UNSUPPORTED_OPERATION],
    ['no target', () => guest.load(SMALL, { target: -1 }), INVALID_ARGUMENT],
    ['two pieces', () => guest.call('load', model, 2, 1, 0, RESULT), INVALID_ARGUMENT],
    ['pieces outside', () => guest.call('load', 65_532, 1, 1, 0, RESULT), INVALID_ARGUMENT],
    [
      'a piece outside',
      () => guest.call('load', guest.words(60_000, 6000), 1, 1, 0, RESULT),
      INVALID_ARGUMENT,
    ],
    ['a result outside', () => guest.call('load', model, 1, 1, 0, 65_533), INVALID_ARGUMENT],
    ['too large a model', () => guest.call('load', guest.words(0, 30_001), 1, 1, 0, RESULT), TOO_LARGE],
    ['nothing', () => guest.load(new Uint8Array()), INVALID_ENCODING],
    ['text', () => guest.load(Buffer.from('hello')), INVALID_ENCODING],
    ['half a model', () => guest.load(SMALL.subarray(0, SMALL.length / 2)), INVALID_ENCODING],
    ['another name', () => guest.loadByName('large'), NOT_FOUND],
    ['no name', () => guest.loadByName(''), NOT_FOUND],
    ['a name outside', () => guest.call('load_by_name', 65_530, 20, RESULT), INVALID_ARGUMENT],
    [
      'a name that is no text',
      () => guest.call('load_by_name', guest.place(Buffer.from([0xff])), 1, RESULT),
      INVALID_ARGUMENT,
    ],
    ['a long name', () => guest.call('load_by_name', 0, 257, RESULT), INVALID_ARGUMENT],
    ['a result outside', () => guest.call('load_by_name', name, 5, -4), INVALID_ARGUMENT],
    ['no graph', () => guest.call('init_execution_context', 0, RESULT), INVALID_ARGUMENT],
    ['a model', () => guest.load(SMALL), SUCCESS],
    ['a name', () => guest.loadByName('small'), SUCCESS],
    ['a context', () => guest.call('init_execution_context', 1, RESULT), SUCCESS],
    ['a result outside', () => guest.call('init_execution_context', 1, -1), INVALID_ARGUMENT],
    ['no context', () => guest.setInput(1, 0, F32, shape, image), INVALID_ARGUMENT],
    ['no context', () => guest.call('compute', -1), INVALID_ARGUMENT],
    ['no context', () => guest.output(7, 0), INVALID_ARGUMENT],
    ['no input', () => guest.setInput(0, 1, F32, shape, image), INVALID_ARGUMENT],
    ['another type', () => guest.setInput(0, 0, I32, shape, image), INVALID_ARGUMENT],
    ['no type', () => guest.setInput(0, 0, 7, shape, image), INVALID_ARGUMENT],
    ['another rank', () => guest.setInput(0, 0, F32, [3, 4, 4], image), INVALID_ARGUMENT],
    ['another size', () => guest.setInput(0, 0, F32, [1, 4, 3, 4], image), INVALID_ARGUMENT],
    ['less data', () => guest.setInput(0, 0, F32, shape, image.subarray(1)), INVALID_ARGUMENT],
    ['a tensor outside', () => guest.call('set_input', 0, 0, 65_520), INVALID_ARGUMENT],
    [
      'data outside',
      () => guest.call('set_input', 0, 0, guest.words(guest.words(...shape), 4, F32, 65_500, 192)),
      INVALID_ARGUMENT,
    ],
    [
      'dimensions outside',
      () => guest.call('set_input', 0, 0, guest.words(-8, 4, F32, 0, 192)),
      INVALID_ARGUMENT,
    ],
    [
      'too many dimensions',
      () => guest.call('set_input', 0, 0, guest.words(0, -1, F32, 0, 192)),
      INVALID_ARGUMENT,
    ],
    ['a missing input', () => guest.call('compute', 0), RUNTIME_ERROR],
    ['no output yet', () => guest.output(0, 0), RUNTIME_ERROR],
    ['an input', () => guest.setInput(0, 0, F32, shape, image), SUCCESS],
    ['a computation', () => guest.call('compute', 0), SUCCESS],
    ['no output', () => guest.output(0, 1), INVALID_ARGUMENT],
    ['too small a buffer', () => guest.output(0, 0, 39), TOO_LARGE],
    ['a buffer outside', () => guest.call('get_output', 0, 0, 65_530, 40, RESULT), INVALID_ARGUMENT],
    ['a result outside', () => guest.call('get_output', 0, 0, 0, 40, 65_533), INVALID_ARGUMENT],
    ['another context', () => guest.call('init_execution_context', 0, RESULT), SUCCESS],
    ['too many contexts', () => guest.call('init_execution_context', 0, RESULT), BUSY],
    ['too many bytes', () => guest.setInput(1, 0, F32, shape, image), TOO_LARGE],
    ['a third graph', () => guest.load(identity(ElementType.FLOAT)), SUCCESS],
    ['too many graphs', () => guest.load(SMALL), BUSY],
    ['too many graphs', () => guest.loadByName('small'), BUSY],
    ['the output still', async () => ((await guest.output(0, 0)) as Uint8Array).length, 40],
  ]
  for (const [what, answer, expected] of steps)
    assert.equal(await (answer as () => Promise<unknown>)(), expected, what)
})

test('what wasi-nn cannot say is no model for it, and one that fails says so', async () => {
  const { guest } = open()
  using _ = guest
  const text = onnxModel({
    inputs: [{ name: 'x', type: 8, sizes: [1] }],
    outputs: [{ name: 'y', type: 8, sizes: [1] }],
    nodes: [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
  assert.equal(await guest.load(text), NnErrno.UNSUPPORTED_OPERATION)
  const unknown = onnxModel({
    inputs: [{ name: 'x', type: 1, sizes: [1] }],
    outputs: [{ name: 'y', type: 1, sizes: [1] }],
    nodes: [{ operator: 'NoSuchOperator', inputs: ['x'], outputs: ['y'] }],
  })
  assert.equal(await guest.load(unknown), NnErrno.INVALID_ENCODING)
  // An index that is none: it is known only when the model runs.
  const gather = onnxModel({
    inputs: [{ name: 'index', type: 7, sizes: [1] }],
    outputs: [{ name: 'y', type: 1, sizes: [1] }],
    constants: [{ name: 'table', type: 1, sizes: [2], data: new Float32Array([5, 6]) }],
    nodes: [{ operator: 'Gather', inputs: ['table', 'index'], outputs: ['y'] }],
  })
  const context = await openContext(guest, gather)
  for (const [index, expected] of [
    [1n, 0],
    [2n, NnErrno.INVALID_ARGUMENT],
    [0n, 0],
  ] as const) {
    await guest.setInput(context, 0, I64, [1], new BigInt64Array([index]))
    assert.equal(await guest.call('compute', context), expected)
  }
})

test('no model has more memory than its runtime, and others compute on', async () => {
  const { guest } = open({ openRuntime: () => openWasmRuntime({ memoryBytesMax: 64 << 20 }) })
  using _ = guest
  // As many zeros as it is told.
  const fill = onnxModel({
    inputs: [{ name: 'size', type: 7, sizes: [1] }],
    outputs: [{ name: 'y', type: 1, sizes: ['n'] }],
    nodes: [{ operator: 'ConstantOfShape', inputs: ['size'], outputs: ['y'] }],
  })
  const context = await openContext(guest, fill)
  for (const [size, expected] of [
    [1000n, 0],
    [1n << 28n, NnErrno.TOO_LARGE],
    [1n << 62n, NnErrno.INVALID_ARGUMENT],
    [-5n, NnErrno.RUNTIME_ERROR],
    [1000n, 0],
  ] as const) {
    await guest.setInput(context, 0, I64, [1], new BigInt64Array([size]))
    assert.equal(await guest.call('compute', context), expected, `${size}`)
  }
  assert.equal(((await guest.output(context, 0)) as Uint8Array).length, 4000)
})

test('outputs count among the tensors of a guest', async () => {
  const { guest } = open({ limits: { tensorBytesMax: 2000 } })
  using _ = guest
  const context = await openContext(
    guest,
    onnxModel({
      inputs: [{ name: 'size', type: 7, sizes: [1] }],
      outputs: [{ name: 'y', type: 1, sizes: ['n'] }],
      nodes: [{ operator: 'ConstantOfShape', inputs: ['size'], outputs: ['y'] }],
    }),
  )
  for (const [size, expected] of [
    [400n, 0],
    [498n, 0],
    [499n, NnErrno.TOO_LARGE],
    [498n, 0],
  ] as const) {
    await guest.setInput(context, 0, I64, [1], new BigInt64Array([size]))
    assert.equal(await guest.call('compute', context), expected, `${size}`)
  }
})
