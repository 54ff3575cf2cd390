import type { ProcessEntry } from '../discover/process-entry.ts'
import type { ExeKey } from './exe-file.ts'
import type { Executable } from './executables.ts'

/** A process, and what it runs as far as that is known. */
export interface Program {
  readonly process: Readonly<ProcessEntry>
  /** `pid@start`. */
  readonly key: string
  /** When it began to run what it runs: ns of the Unix epoch. */
  fromNs: number
  /** CLOCK_MONOTONIC; until then it may still be about to execute something, or to map its libraries. */
  settledNs: number
  executable: Executable | undefined
  /** Of the file that was looked at last, whatever came of it. */
  lookedKey: ExeKey | undefined
  /** Its executable may not be read. */
  isHidden: boolean
}
