import { WasmError } from '../error.ts'
import { parseModule } from '../module/parse-module.ts'
import { rewriteModule, type RewriteOptions } from '../rewrite/rewrite-module.ts'
import { ENGINE } from './engine.ts'

export interface CompileOptions {
  /** Bytes of linear memory that the module can have at most; rounded down to pages of 64 KiB. */
  readonly memoryBytesMax?: number
  /**
   * Whether it is metered: what it computes is counted and can be limited, and it gives the event loop its turn also
   * where it calls nothing. Costs some percent of its time.
   */
  readonly isMetered?: boolean
}

/**
 * Compiles a module, whose memory gets a maximum where there is one: over it the guest's own allocation fails.
 *
 * @throws {WasmError} `module` for bytes that are none, or one that needs more memory from the start
 */
export async function compileCommand(
  bytes: Uint8Array,
  options: CompileOptions = {},
): Promise<WebAssembly.Module> {
  const { memoryBytesMax, isMetered = false } = options
  const rewrite: RewriteOptions = {
    isMetered,
    ...(memoryBytesMax === undefined ? {} : { memoryPagesMax: Math.floor(memoryBytesMax / 65_536) }),
  }
  try {
    const isChanged = isMetered || memoryBytesMax !== undefined
    // As it is: what a meter adds could make valid what is not, and give a module its own meter to write to.
    if (isMetered) await ENGINE.compile(bytes)
    return await ENGINE.compile(isChanged ? rewriteModule(parseModule(bytes), rewrite) : bytes)
  } catch (error) {
    throw WasmError.from(error, 'module')
  }
}
