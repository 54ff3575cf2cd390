/**
 * What went wrong, as a closed set a caller can switch over:
 *
 * - `read`       the byte source failed, or has less than it said
 * - `elf`        not a 64-bit little-endian ELF file for amd64 or arm64, or a broken one
 * - `not-go`     a sound ELF file without what the Go linker writes
 * - `build-info` build information that cannot be read
 * - `pclntab`    a broken function table, or one of a version we do not know
 * - `moduledata` the module data is not there, or not as its version has it
 * - `version`    a Go version whose layout is not known: nothing is guessed
 * - `pprof`      no profile in pprof's format, or a broken one
 * - `limit`      a limit of ours was reached
 */
export type GolangErrorCode =
  | 'read'
  | 'elf'
  | 'not-go'
  | 'build-info'
  | 'pclntab'
  | 'moduledata'
  | 'version'
  | 'pprof'
  | 'limit'

/** The one error of this package. */
export class GolangError extends Error {
  readonly code: GolangErrorCode

  constructor(code: GolangErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'GolangError'
    this.code = code
  }

  /** Any thrown value as a `GolangError`; ours stay as they are. */
  static from(thrown: unknown, code: GolangErrorCode): GolangError {
    if (thrown instanceof GolangError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new GolangError(code, message, { cause: thrown })
  }
}
