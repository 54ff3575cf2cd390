/**
 * What went wrong before a guest ran, as a closed set a caller can switch over:
 *
 * - `module`  the bytes are no WebAssembly module that this engine compiles
 * - `link`    the module imports or exports what a command that is given no more does not
 * - `listen`  a thread cannot listen where it is to
 * - `grant`   what a guest may import besides cannot be made in its thread
 * - `option`  an option makes no sense, or a directory that it names cannot be opened
 */
export type WasmErrorCode = 'module' | 'link' | 'listen' | 'grant' | 'option'

/** The one error of this package. What happens inside of a guest is no error but a result. */
export class WasmError extends Error {
  readonly code: WasmErrorCode

  constructor(code: WasmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'WasmError'
    this.code = code
  }

  /** Any thrown value as a `WasmError`; ours stay as they are. */
  static from(thrown: unknown, code: WasmErrorCode): WasmError {
    if (thrown instanceof WasmError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new WasmError(code, message, { cause: thrown })
  }
}
