import { WasmError } from '../error.ts'
import { ENGINE } from './engine.ts'
import { limitMemory } from '../module/limit-memory.ts'

export interface CompileOptions {
  /** Bytes of linear memory that the module can have at most; rounded down to pages of 64 KiB. */
  readonly memoryBytesMax?: number
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
  const { memoryBytesMax } = options
  try {
    const limited =
      memoryBytesMax === undefined ? bytes : limitMemory(bytes, Math.floor(memoryBytesMax / 65_536))
    return await ENGINE.compile(limited)
  } catch (error) {
    throw WasmError.from(error, 'module')
  }
}
