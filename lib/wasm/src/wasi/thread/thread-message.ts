import type { WasmErrorCode } from '../../error.ts'
import type { CommandResult } from '../command-options.ts'
import type { Errno } from '../errno.ts'
import type { ThreadGrants } from './thread-options.ts'

/** 1: stdout, 2: stderr. */
export type OutputFd = 1 | 2

/** From the guest's thread. */
export type FromThread =
  | { readonly kind: 'running'; readonly addresses: readonly string[] }
  | { readonly kind: 'wants-input' }
  | { readonly kind: 'output'; readonly fd: OutputFd; readonly bytes: Uint8Array }
  | { readonly kind: 'ended'; readonly result: CommandResult }
  | { readonly kind: 'failed'; readonly code: WasmErrorCode | undefined; readonly message: string }

/** To the guest's thread. */
export type ToThread =
  | {
      readonly kind: 'run'
      readonly module: WebAssembly.Module
      readonly grants: ThreadGrants
      /** Whether there is a stdin; without one it is at its end. */
      readonly hasInput: boolean
    }
  /** Without bytes: the end. */
  | { readonly kind: 'input'; readonly bytes: Uint8Array; readonly errno?: Errno }
  | { readonly kind: 'written'; readonly fd: OutputFd; readonly byteCount: number; readonly errno?: Errno }
  | { readonly kind: 'kill' }
  /** No guest will come any more. */
  | { readonly kind: 'close' }
