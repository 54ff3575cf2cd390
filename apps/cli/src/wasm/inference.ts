import { readFile } from 'node:fs/promises'
import {
  ExtendError,
  inferenceModule,
  ModelStore,
  openNativeRuntime,
  openWasmRuntime,
  type InferenceModule,
} from '@quadrant/extend'
import { CliError } from '../cli-error.ts'
import { printable } from '../output/printable.ts'
import type { GrantedModel } from './grants.ts'
import type { NnTarget } from './nn-target.ts'

/** What programs have of wasi-nn, as plain data that can be handed to another thread. */
export interface InferenceGrants {
  readonly models: readonly GrantedModel[]
  readonly target: NnTarget
  /** Of the program, and again of the models that it brings. */
  readonly memoryMib: number
}

/** Models with a name are the person's own: they may have what a runtime can have. */
const NAMED_BYTES_MAX = 2 ** 31
const MIN_BYTES = 16 * 2 ** 20

export interface OpenInference extends Disposable {
  readonly module: InferenceModule
}

export interface InferenceOptions {
  /**
   * Whether programs may bring models of their own. One that computes for ever holds up its thread, which fuel does not
   * end: not where others run in it.
   */
  readonly canBringModels: boolean
}

/** Loads all models, so that a bad one is known before the program runs. @throws {ModelError} */
export async function openInference(
  { models, target, memoryMib }: InferenceGrants,
  { canBringModels }: InferenceOptions,
): Promise<OpenInference> {
  const store = new ModelStore(
    new Map(models.map(({ name, path }) => [name, () => readFile(path)])),
    async () =>
      target === 'wasm'
        ? await openWasmRuntime({ memoryBytesMax: NAMED_BYTES_MAX })
        : openNativeRuntime({ device: target }),
  )
  try {
    for (const { name, path } of models) await load(store, name, path)
  } catch (error) {
    store[Symbol.dispose]()
    throw error
  }
  // What a program brings itself is not to be trusted: it never runs in this process's own code.
  const memoryBytesMax = Math.min(Math.max(memoryMib * 2 ** 20, MIN_BYTES), NAMED_BYTES_MAX)
  const openRuntime = canBringModels ? () => openWasmRuntime({ memoryBytesMax }) : undefined
  return {
    module: inferenceModule({ models: store, openRuntime }),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  }
}

/** A model cannot be had; the message says which, and why. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
}

async function load(store: ModelStore, name: string, path: string): Promise<void> {
  try {
    await store.get(name)
  } catch (cause) {
    const what =
      cause instanceof ExtendError && cause.code !== 'unsupported' ? 'is no model that can be used: ' : ''
    throw new ModelError(`model ${name}, ${path}: ${what}${(cause as Error).message}`, { cause })
  }
}

export function cannotLoad(cause: Error): CliError {
  return new CliError('QDR-C021', printable(cause.message), {
    cause,
    fix: 'quadrant wasm run app.wasm --nn NAME=model.onnx',
  })
}
