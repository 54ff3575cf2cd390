import { errnoName, errnoText } from '@quadrant/core'

/**
 * What went wrong, as a closed set a caller can switch over:
 *
 * - `permission`  the process lacks a capability, or the host forbids it
 * - `unsupported` this kernel or machine cannot do it
 * - `verifier`    the kernel refused the program; `log` tells why
 * - `elf`, `btf`  the object is not one we can read
 * - `argument`    the caller's mistake
 * - `not-found`, `exists` names, keys, files
 * - `limit`       a limit of ours or of the kernel was reached
 * - `system`      any other error number
 */
export type EbpfErrorCode =
  | 'permission'
  | 'unsupported'
  | 'verifier'
  | 'elf'
  | 'btf'
  | 'argument'
  | 'not-found'
  | 'exists'
  | 'limit'
  | 'system'

export interface EbpfErrorOptions extends ErrorOptions {
  /** The kernel's error number, positive. */
  readonly errno?: number
  /** The system call or command that failed, as in `BPF_MAP_CREATE`. */
  readonly call?: string
  /** The verifier's whole log. */
  readonly log?: string
}

/** The one error of this package: short in `message`, complete in `log`. */
export class EbpfError extends Error {
  readonly code: EbpfErrorCode
  readonly errno?: number
  readonly call?: string
  readonly log?: string

  constructor(code: EbpfErrorCode, message: string, options: EbpfErrorOptions = {}) {
    super(message, options)
    this.name = 'EbpfError'
    this.code = code
    this.errno = options.errno
    this.call = options.call
    this.log = options.log
  }

  /** `EPERM` for 1; undefined when no system call is to blame. */
  get errnoName(): string | undefined {
    return this.errno === undefined ? undefined : errnoName(this.errno)
  }

  /** The error of a failed system call. `doing` says what for: `create map "flows"`. */
  static fromErrno(errno: number, call: string, doing?: string): EbpfError {
    const message = `${doing ? `${doing}: ` : ''}${call}: ${errnoText(errno)} (${errnoName(errno)})`
    return new EbpfError(codeOfErrno(errno), message, { errno, call })
  }

  /** Any thrown value as an `EbpfError`; ours stay as they are. */
  static from(thrown: unknown, code: EbpfErrorCode = 'system'): EbpfError {
    if (thrown instanceof EbpfError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new EbpfError(code, message, { cause: thrown })
  }
}

const CODE_BY_ERRNO: Readonly<Record<number, EbpfErrorCode>> = {
  1: 'permission', // EPERM
  2: 'not-found', // ENOENT
  7: 'limit', // E2BIG
  12: 'limit', // ENOMEM
  13: 'permission', // EACCES
  17: 'exists', // EEXIST
  22: 'argument', // EINVAL
  23: 'limit', // ENFILE
  24: 'limit', // EMFILE
  28: 'limit', // ENOSPC
  38: 'unsupported', // ENOSYS
  95: 'unsupported', // EOPNOTSUPP
  524: 'unsupported', // ENOTSUPP
}

function codeOfErrno(errno: number): EbpfErrorCode {
  return CODE_BY_ERRNO[errno] ?? 'system'
}
