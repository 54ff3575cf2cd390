import type { Surroundings } from './clocks.ts'
import type { DirectoryHandle } from './fs/file-system.ts'
import type { HostModule } from './host-module.ts'
import type { ByteInput, ByteOutput, Listener } from './io/byte-stream.ts'
import type { KillReason } from './process.ts'
import type { GuestFrame } from './trap.ts'

/** A directory that the guest starts with. */
export interface Preopen {
  /** Its path in the guest, such as `/config`. */
  readonly path: string
  readonly directory: DirectoryHandle
  readonly isReadOnly?: boolean
}

export interface CommandOptions {
  /** Arguments, the program's own name first. None, if it is not given. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Without one, stdin is at its end. */
  readonly stdin?: ByteInput
  /** Without one, what is written is gone. */
  readonly stdout?: ByteOutput
  readonly stderr?: ByteOutput
  /** Whether stdio is to look like a terminal. */
  readonly isTerminal?: boolean
  /** They have the descriptors from 3 on. They are closed when the guest ends. */
  readonly preopens?: readonly Preopen[]
  /** They have the descriptors behind the directories. They are closed when the guest ends. */
  readonly listeners?: readonly Listener[]
  /** What it may import besides preview 1. */
  readonly modules?: readonly HostModule[]
  /** Clocks and randomness: the machine's, if they are not given. */
  readonly surroundings?: Partial<Surroundings>
  /** Descriptors at once: 1024, if it is not given. */
  readonly descriptorsMax?: number
  /**
   * Milliseconds from start to end. A guest that computes without calling anything is ended by that only if its module is
   * metered, as nothing else on its thread runs.
   */
  readonly wallTimeMsMax?: number
  /** Units of fuel, each about an instruction of the machine: for modules that are metered. No limit, if not given. */
  readonly fuelMax?: number
  /** Milliseconds that the guest may run before the event loop has its turn, at the next call: 5, if it is not given. */
  readonly turnMs?: number
  /** Ends the guest at its next call, or where it waits. */
  readonly signal?: AbortSignal
}

/** How a guest ended. */
export type CommandResult = CommandEnding & {
  /** Units of fuel that it used; undefined where its module is not metered. */
  readonly fuelUsed?: number
}

export type CommandEnding =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'trap'; readonly message: string; readonly frames: readonly GuestFrame[] }
  | { readonly kind: 'killed'; readonly reason: KillReason }
