import { compileFilter, type FilterLimits } from '@quadrant/wasm/proxy-wasm'
import { ExtendError } from '../error.ts'
import { createHash } from 'node:crypto'
import { warmModule } from './warm-module.ts'

/** A compiled module, which can go to other threads as it is. */
export interface RegisteredModule {
  /** `sha256:…` of the file. */
  readonly digest: string
  readonly module: WebAssembly.Module
  readonly sizeBytes: number
}

/** `sha256:…` of a module's file. */
export function fileDigest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/**
 * Modules of filters by the digest of their file and the memory that they may have. Each is compiled once, what its start
 * calls included, whoever asks how often, and forgotten when the last has let go of it.
 */
export class ModuleRegistry {
  readonly #entries = new Map<string, { users: number; readonly module: Promise<RegisteredModule> }>()

  /**
   * @param digest what the file must have, where that is known
   * @returns the module; to be given back by `release` with the same limits
   * @throws {ExtendError} `digest` for another file than that
   * @throws {WasmError} `module` or `link` for a file that is no filter
   */
  async acquire(
    bytes: Uint8Array,
    limits: Pick<FilterLimits, 'memoryBytesMax'>,
    digest?: string,
  ): Promise<RegisteredModule> {
    const actual = fileDigest(bytes)
    if (digest !== undefined && digest !== actual)
      throw new ExtendError('digest', `the module is ${actual}, not ${digest}`)
    const key = keyOf(actual, limits)
    const known = this.#entries.get(key)
    if (known !== undefined) {
      known.users++
      return await known.module
    }
    const module = compile(bytes, actual, limits)
    this.#entries.set(key, { users: 1, module })
    try {
      return await module
    } catch (error) {
      this.#entries.delete(key)
      throw error
    }
  }

  release(digest: string, limits: Pick<FilterLimits, 'memoryBytesMax'>): void {
    const key = keyOf(digest, limits)
    const entry = this.#entries.get(key)
    if (entry !== undefined && --entry.users === 0) this.#entries.delete(key)
  }

  get size(): number {
    return this.#entries.size
  }
}

function keyOf(digest: string, { memoryBytesMax }: Pick<FilterLimits, 'memoryBytesMax'>): string {
  return `${digest} ${memoryBytesMax}`
}

async function compile(
  bytes: Uint8Array,
  digest: string,
  limits: Pick<FilterLimits, 'memoryBytesMax'>,
): Promise<RegisteredModule> {
  const module = await compileFilter(bytes, limits)
  warmModule(module, limits.memoryBytesMax)
  return { digest, module, sizeBytes: bytes.length }
}
