import { createRequire } from 'node:module'
import { ExtendError } from '../../error.ts'
import type { InferenceRuntime, Model } from '../model.ts'
import { NativeModel } from './native-model.ts'
import type { NativeOrt } from './native-ort.ts'

/** Guests that may wait for one model: more of them are told that it is busy. */
const COMPUTES_MAX = 64

export interface NativeRuntimeOptions {
  /** `gpu`: what onnxruntime has for this machine's, such as CUDA, DirectML, CoreML or WebGPU. `cpu`, if it is not given. */
  readonly device?: 'cpu' | 'gpu'
  /** Computations of one model that are under way or wait: 64, if it is not given. */
  readonly computesMax?: number
}

/**
 * onnxruntime's native library, where the package onnxruntime-node is installed. What it does it does in this process:
 * for models that are trusted.
 *
 * @throws {ExtendError} `unsupported` where the package, or what it has for a GPU, is not there
 */
export function openNativeRuntime(options: NativeRuntimeOptions = {}): InferenceRuntime {
  const { device = 'cpu', computesMax = COMPUTES_MAX } = options
  const ort = load()
  const providers = device === 'cpu' ? ['cpu'] : gpuProviders(ort)
  let isOver = false
  return {
    get isOver() {
      return isOver
    },
    memoryBytes: undefined,
    async load(bytes): Promise<Model> {
      if (isOver) throw new ExtendError('runtime', 'the runtime has ended')
      const session = await createSession(ort, bytes, providers)
      return new NativeModel(ort, session, computesMax)
    },
    [Symbol.dispose]() {
      isOver = true
    },
  }
}

function load(): NativeOrt {
  try {
    // By require, which also looks where NODE_PATH says: nobody is made to install 290 MB beside Quadrant.
    return createRequire(import.meta.url)('onnxruntime-node') as NativeOrt
  } catch (cause) {
    throw new ExtendError(
      'unsupported',
      'the package onnxruntime-node is not installed, or not for this machine',
      {
        cause,
      },
    )
  }
}

function gpuProviders(ort: NativeOrt): readonly string[] {
  const providers = ort
    .listSupportedBackends()
    .map(({ name }) => name)
    .filter((name) => name !== 'cpu')
  if (providers.length === 0)
    throw new ExtendError('unsupported', 'onnxruntime-node has nothing for a GPU on this platform')
  return providers
}

/** With the first that works. */
async function createSession(ort: NativeOrt, bytes: Uint8Array, providers: readonly string[]) {
  const failures: string[] = []
  for (const provider of providers)
    try {
      return await ort.InferenceSession.create(bytes, {
        executionProviders: [provider],
        logSeverityLevel: 4,
      })
    } catch (error) {
      failures.push(
        provider === 'cpu' ? (error as Error).message : `${provider}: ${(error as Error).message}`,
      )
    }
  throw new ExtendError(providers[0] === 'cpu' ? 'encoding' : 'unsupported', failures.join('; '))
}
