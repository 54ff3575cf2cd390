import { channel } from 'node:diagnostics_channel'
import { WasiError, type GuestProcess, type HostModule, type OpenHostModule } from '@quadrant/wasm'
import { ExtendError } from '../error.ts'
import { elementTypeOf } from './element-type.ts'
import { GuestInference } from './guest-inference.ts'
import { DEFAULT_LIMITS, type InferenceLimits } from './inference-limits.ts'
import type { InferenceRuntime } from './model.ts'
import type { ModelStore } from './model-store.ts'
import { ERRNO_OF, NnErrno } from './nn-errno.ts'
import { RANK_MAX } from './tensor-spec.ts'

export interface InferenceModuleOptions {
  /** What `load_by_name` finds. Nothing, if it is not given. */
  readonly models?: ModelStore
  /**
   * Opens what models run in that a guest brings, for each guest that does: `openWasmRuntime`, as they are not to be
   * trusted. Without it `load` is refused.
   */
  readonly openRuntime?: () => Promise<InferenceRuntime>
  readonly limits?: Partial<InferenceLimits>
}

/** What all guests of a module have done so far. */
export interface InferenceCounts {
  graphCount: number
  contextCount: number
  computeCount: number
  /** Calls that were answered with an error. */
  failureCount: number
  inputBytes: number
  outputBytes: number
}

export interface InferenceModule extends HostModule {
  readonly counts: Readonly<InferenceCounts>
}

/** Why a call was answered with an error: `{ errno, error }`. */
const failures = channel('quadrant:extend:inference-failed')

const NAME_BYTES_MAX = 256
const ENCODINGS_MAX = 5
const TARGETS_MAX = 2
const ONNX = 1
const AUTODETECT = 5
const CPU = 0

/**
 * wasi-nn for programs of preview 1 (`wasi_ephemeral_nn`, by wasmtime's `wasi-nn.witx`). Pointers and handles are u32;
 * a result is written where the last argument points. Models are ONNX.
 *
 * ```
 * load(builders, count, encoding, target, graph*)          builders: pairs of pointer and length, one of them
 * load_by_name(name, length, graph*)
 * init_execution_context(graph, context*)
 * set_input(context, index, tensor)
 *     tensor: dimensions pointer, length │ type u8, 3 unused │ data pointer, length
 * compute(context)
 * get_output(context, index, buffer, size, length*)
 * ```
 */
export function inferenceModule(options: InferenceModuleOptions = {}): InferenceModule {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const counts: InferenceCounts = {
    graphCount: 0,
    contextCount: 0,
    computeCount: 0,
    failureCount: 0,
    inputBytes: 0,
    outputBytes: 0,
  }
  return {
    name: 'wasi_ephemeral_nn',
    counts,
    open: (guest) =>
      open(
        guest,
        new GuestInference({ models: options.models, openRuntime: options.openRuntime, limits }),
        limits,
        counts,
      ),
  }
}

function open(
  guest: GuestProcess,
  inference: GuestInference,
  limits: InferenceLimits,
  counts: InferenceCounts,
): OpenHostModule {
  const graph = async (loaded: Promise<number>, resultPointer: number): Promise<number> => {
    guest.memory.setU32(resultPointer, await loaded)
    counts.graphCount++
    return NnErrno.SUCCESS
  }
  const calls = {
    load(pointer: number, count: number, encoding: number, target: number, resultPointer: number) {
      checkTag('encoding', encoding, ENCODINGS_MAX)
      checkTag('target', target, TARGETS_MAX)
      if (encoding !== ONNX && encoding !== AUTODETECT)
        throw new ExtendError('encoding', 'models are ONNX, nothing else')
      if (target !== CPU) throw new ExtendError('unsupported', 'models of a guest run on the CPU')
      if (count !== 1) throw new ExtendError('argument', 'an ONNX model is one piece')
      const bytes = () => guest.memory.bytes(guest.memory.u32(pointer), guest.memory.u32(pointer + 4))
      const { length } = bytes()
      if (length > limits.modelBytesMax)
        throw new ExtendError('too-large', `a model may have ${limits.modelBytesMax} bytes, not ${length}`)
      guest.memory.u32(resultPointer)
      inference.graphs.check()
      return graph(inference.load(bytes), resultPointer)
    },
    load_by_name(pointer: number, length: number, resultPointer: number) {
      const name = guest.memory.text(pointer, length, NAME_BYTES_MAX)
      guest.memory.u32(resultPointer)
      inference.graphs.check()
      return graph(inference.loadByName(name), resultPointer)
    },
    init_execution_context(handle: number, resultPointer: number) {
      guest.memory.u32(resultPointer)
      guest.memory.setU32(resultPointer, inference.openContext(handle))
      counts.contextCount++
      return NnErrno.SUCCESS
    },
    set_input(context: number, index: number, tensor: number) {
      const execution = inference.contexts.get(context)
      const { memory } = guest
      const dimensions = readDimensions(guest, memory.u32(tensor), memory.u32(tensor + 4))
      const type = elementTypeOf(memory.u8(tensor + 8))
      const data = memory.bytes(memory.u32(tensor + 12), memory.u32(tensor + 16))
      execution.setInput(index >>> 0, type, dimensions, data)
      counts.inputBytes += data.length
      return NnErrno.SUCCESS
    },
    compute(context: number) {
      const done = inference.contexts.get(context).compute()
      counts.computeCount++
      return done === undefined ? NnErrno.SUCCESS : done.then(() => NnErrno.SUCCESS)
    },
    get_output(context: number, index: number, pointer: number, size: number, resultPointer: number) {
      const output = inference.contexts.get(context).output(index >>> 0)
      const { memory } = guest
      memory.u32(resultPointer)
      const buffer = memory.bytes(pointer, size)
      if (output.length > buffer.length)
        throw new ExtendError('too-large', `output ${index >>> 0} has ${output.length} bytes`)
      buffer.set(output)
      memory.setU32(resultPointer, output.length)
      counts.outputBytes += output.length
      return NnErrno.SUCCESS
    },
  }
  return {
    calls,
    failed(error) {
      const errno = errnoOf(error)
      counts.failureCount++
      failures.publish({ errno, error })
      return errno
    },
    [Symbol.dispose]: () => inference[Symbol.dispose](),
  }
}

function errnoOf(error: unknown): NnErrno {
  if (error instanceof ExtendError) return ERRNO_OF[error.code]
  // A place outside of its memory, or a name that is no text.
  return error instanceof WasiError ? NnErrno.INVALID_ARGUMENT : NnErrno.RUNTIME_ERROR
}

function checkTag(what: string, tag: number, tagMax: number): void {
  if (tag >>> 0 > tagMax) throw new ExtendError('argument', `there is no ${what} ${tag >>> 0}`)
}

function readDimensions({ memory }: GuestProcess, pointer: number, rank: number): readonly number[] {
  if (rank > RANK_MAX)
    throw new ExtendError('argument', `a tensor may have ${RANK_MAX} dimensions, not ${rank}`)
  const dimensions: number[] = []
  for (let index = 0; index < rank; index++) dimensions.push(memory.u32(pointer + index * 4))
  return dimensions
}
