import type { ExtendErrorCode } from '../error.ts'

/** `nn_errno` of wasi_ephemeral_nn, as wasmtime's witx numbers it. */
export const NnErrno = {
  SUCCESS: 0,
  INVALID_ARGUMENT: 1,
  INVALID_ENCODING: 2,
  MISSING_MEMORY: 3,
  BUSY: 4,
  RUNTIME_ERROR: 5,
  UNSUPPORTED_OPERATION: 6,
  TOO_LARGE: 7,
  NOT_FOUND: 8,
} as const
export type NnErrno = (typeof NnErrno)[keyof typeof NnErrno]

/** What a guest is told. */
export const ERRNO_OF: Readonly<Record<ExtendErrorCode, NnErrno>> = {
  argument: NnErrno.INVALID_ARGUMENT,
  encoding: NnErrno.INVALID_ENCODING,
  busy: NnErrno.BUSY,
  runtime: NnErrno.RUNTIME_ERROR,
  unsupported: NnErrno.UNSUPPORTED_OPERATION,
  'too-large': NnErrno.TOO_LARGE,
  'not-found': NnErrno.NOT_FOUND,
  digest: NnErrno.INVALID_ENCODING,
  store: NnErrno.RUNTIME_ERROR,
  unavailable: NnErrno.RUNTIME_ERROR,
}
