import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import fc from 'fast-check'
import { classifier } from '../testing/classifier.ts'
import { NnGuest, RESULT } from '../testing/nn-guest.ts'
import { ExtendError } from '../error.ts'
import { inferenceModule } from './inference-module.ts'
import type { InferenceRuntime } from './model.ts'
import { ModelStore } from './model-store.ts'
import { NnErrno } from './nn-errno.ts'
import { openWasmRuntime } from './onnx-web/wasm-runtime.ts'

const ERRNOS = new Set<number>(Object.values(NnErrno))
const SMALL = classifier({ size: 4, channels: 2 })

/** Arguments of each call. */
const CALLS = {
  load: 5,
  load_by_name: 3,
  init_execution_context: 2,
  set_input: 3,
  compute: 1,
  get_output: 5,
} as const

/** One runtime for all runs: what one guest does to it must not be seen by the next. */
let shared: Promise<InferenceRuntime> | undefined
const openShared = async (): Promise<InferenceRuntime> => {
  shared ??= openWasmRuntime({ memoryBytesMax: 128 << 20 })
  const runtime = await shared
  return {
    get isOver() {
      return runtime.isOver
    },
    get memoryBytes() {
      return runtime.memoryBytes
    },
    load: (bytes) => runtime.load(bytes),
    [Symbol.dispose]() {},
  }
}

const word = fc.oneof(
  fc.integer({ min: 0, max: 8 }),
  fc.constantFrom(1024, 2048, RESULT, 65_532, 65_535, 65_536, -1, -8, 2 ** 31 - 1, -(2 ** 31)),
  fc.integer(),
)
const step = fc
  .constantFrom(...(Object.keys(CALLS) as (keyof typeof CALLS)[]))
  .chain((name) =>
    fc.tuple(fc.constant(name), fc.array(word, { minLength: CALLS[name], maxLength: CALLS[name] })),
  )

test('whatever a guest calls with, it is answered with a number, and the next one computes as ever', async () => {
  const models = new ModelStore(new Map([['small', async () => SMALL]]), openShared)
  using _ = models
  const module = inferenceModule({
    models,
    openRuntime: openShared,
    limits: { graphsMax: 4, contextsMax: 4 },
  })
  const faults: unknown[] = []
  const failed = (message: unknown) => {
    const { error } = message as { error: unknown }
    if (!(error instanceof ExtendError) && (error as Error).name !== 'WasiError') faults.push(error)
  }
  subscribe('quadrant:extend:inference-failed', failed)
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.uint8Array({ minLength: 512, maxLength: 512 }),
      async (steps, noise) => {
        using guest = new NnGuest(module)
        // Half of them have something that is right to go on from.
        if (noise[0]! % 2 === 0) {
          await guest.loadByName('small')
          await guest.call('init_execution_context', 0, RESULT)
          await guest.setInput(0, 0, 1, [1, 3, 4, 4], new Float32Array(48))
        }
        guest.bytes.set(noise, 2048)
        for (const [name, args] of steps) {
          const errno = await guest.call(name, ...args)
          assert.ok(ERRNOS.has(errno), `${name}(${args.join(', ')}) is ${errno}`)
        }
      },
    ),
    { seed: 20_261_127, numRuns: 300 },
  )
  unsubscribe('quadrant:extend:inference-failed', failed)
  assert.deepEqual(faults, [])
  assert.ok((await shared)?.isOver === false)
  using guest = new NnGuest(module)
  assert.equal(await guest.loadByName('small'), 0)
})

test('a model with bytes changed loads or is refused, and computes or fails', async () => {
  const module = inferenceModule({ openRuntime: openShared })
  let loadedCount = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(SMALL.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(SMALL.length),
      async (changes, cut) => {
        using guest = new NnGuest(module)
        const bytes = SMALL.slice(0, cut % 4 === 0 ? cut : SMALL.length)
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        const errno = await guest.load(bytes)
        assert.ok(ERRNOS.has(errno), `load is ${errno}`)
        if (errno !== 0) return
        loadedCount++
        assert.equal(await guest.call('init_execution_context', guest.result, RESULT), 0)
        await guest.setInput(0, 0, 1, [1, 3, 4, 4], new Float32Array(48))
        assert.ok(ERRNOS.has(await guest.call('compute', 0)))
        await guest.output(0, 0)
      },
    ),
    { seed: 20_261_128, numRuns: 300 },
  )
  assert.ok(loadedCount > 20, `${loadedCount} of them loaded`)
  assert.ok((await shared)?.isOver === false)
})

test('what a guest had is given back when it ends', async () => {
  const runtime = await openShared()
  const have = async (count: number) => {
    const module = inferenceModule({ openRuntime: openShared })
    for (let turn = 0; turn < count; turn++) {
      using guest = new NnGuest(module)
      await guest.load(SMALL)
      for (const context of [0, 1, 2]) {
        await guest.call('init_execution_context', 0, RESULT)
        await guest.setInput(context, 0, 1, [1, 3, 4, 4], new Float32Array(48))
        await guest.call('compute', context)
      }
      assert.ok(((await guest.output(2, 0)) as Uint8Array).length === 40)
    }
  }
  await have(20)
  const before = runtime.memoryBytes
  await have(300)
  assert.equal(runtime.memoryBytes, before)
  assert.equal(runtime.isOver, false)
})

test('where a runtime has ended its models are loaded anew, and who had them is told', async () => {
  const runtimes: InferenceRuntime[] = []
  const models = new ModelStore(new Map([['small', async () => SMALL]]), async () => {
    const runtime = await openWasmRuntime()
    runtimes.push(runtime)
    return runtime
  })
  using _ = models
  const module = inferenceModule({ models })
  using first = new NnGuest(module)
  assert.equal(await first.loadByName('small'), 0)
  assert.equal(await first.call('init_execution_context', 0, RESULT), 0)
  runtimes[0]![Symbol.dispose]()
  assert.equal(await first.setInput(0, 0, 1, [1, 3, 4, 4], new Float32Array(48)), NnErrno.RUNTIME_ERROR)
  assert.equal(await first.call('init_execution_context', 0, RESULT), NnErrno.RUNTIME_ERROR)
  using second = new NnGuest(module)
  const both = await Promise.all([first.loadByName('small'), second.loadByName('small')])
  assert.deepEqual([both, runtimes.length], [[0, 0], 2])
  assert.equal(await first.call('init_execution_context', 1, RESULT), 0)
  assert.equal(await first.load(SMALL), NnErrno.UNSUPPORTED_OPERATION)
})
