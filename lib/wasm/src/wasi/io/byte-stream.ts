import type { Signal } from '../signal.ts'

/** Where bytes come from: stdin, a connection. Whoever waits subscribes to `changed` and looks again. */
export interface ByteInput {
  /** How many bytes there were, 0 at the end, undefined where none are there yet. */
  read(into: Uint8Array, options?: { readonly isPeeking: boolean }): number | undefined
  /** How many can be read at once; undefined where none are there yet, 0 at the end. */
  readonly readableBytes: number | undefined
  readonly changed: Signal
}

/** Where bytes go: stdout, a connection. */
export interface ByteOutput {
  /** How many bytes were taken; undefined where none can be taken yet. The bytes are copied. */
  write(bytes: Uint8Array): number | undefined
  readonly isWritable: boolean
  readonly changed: Signal
  /** Ends when all that was taken is handed on, or never will be. */
  flush(): Promise<void>
}

export interface Connection {
  readonly input: ByteInput
  readonly output: ByteOutput
  /** Its ends as `ADDRESS:PORT`, IPv6 in brackets; undefined where nobody knows. */
  readonly local: string | undefined
  readonly peer: string | undefined
  shutdown(which: { readonly read: boolean; readonly write: boolean }): void
  close(): void
}

export interface Listener {
  /** The next connection; undefined where there is none yet. */
  accept(): Connection | undefined
  readonly isReadable: boolean
  readonly changed: Signal
  /** Where it listens, as `ADDRESS:PORT`, IPv6 in brackets; undefined where nobody knows. */
  readonly local: string | undefined
  close(): void
}
