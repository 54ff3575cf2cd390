import type { Losses } from './losses.ts'
import type { RandomAccessFile } from './random-access-file.ts'
import { recover } from './recovery.ts'

/**
 * Sequence numbers skipped where frames may have been sent that the file no longer shows. More than a journal
 * writes in eleven days at one a second, and 2^53 has room for nine milliards of such steps.
 */
const SEQ_GAP = 1_000_000

export interface JournalOpening {
  /**
   * - `new`: there was no journal
   * - `clean`: ended with a whole record
   * - `torn`: ended inside of a record, which was never sent and is told again
   * - `corrupt`: damaged; what lay behind the damage is gone and the tracer begins afresh
   */
  readonly state: 'new' | 'clean' | 'torn' | 'corrupt'
  readonly cutBytes: number
  /** The journal is of an earlier boot: its frames are kept, its checkpoints mean nothing now. */
  readonly otherBoot: boolean
}

/** What a journal begins with. */
export interface Opened {
  readonly opening: JournalOpening
  /** Undefined where the file names none. */
  readonly agentId: string | undefined
  readonly restore: readonly Uint8Array[]
  readonly wholeBytes: number
  readonly deltaBytes: number
  readonly nextSeq: number
  readonly doneSeq: number
  readonly losses: Losses
  /** The file must be written anew before anything else. */
  readonly isStale: boolean
}

/** Reads what the file has and cuts off what is damaged at its end. */
export function openFile(file: RandomAccessFile, bootId: string): Opened {
  const isNew = file.sizeBytes === 0
  const found = recover(file)
  const { identity, losses, cutBytes } = found
  const otherBoot = identity !== undefined && identity.bootId !== bootId
  const isCorrupt = found.end === 'corrupt' || (!isNew && !identity)
  if (isCorrupt) losses.count('agent.journal', 'corrupt-bytes', cutBytes)
  if (cutBytes > 0) file.truncate(found.soundBytes)
  // Behind a damage lies what was told since the last sound checkpoint: to restore it would tell that twice.
  const isForgotten = isCorrupt || otherBoot
  return {
    opening: {
      state: isNew ? 'new' : isCorrupt ? 'corrupt' : found.end === 'torn' ? 'torn' : 'clean',
      cutBytes,
      otherBoot,
    },
    agentId: identity?.agentId,
    restore: isForgotten ? [] : found.restore,
    wholeBytes: isForgotten ? 0 : found.wholeBytes,
    deltaBytes: isForgotten ? 0 : found.deltaBytes,
    nextSeq: found.lastSeq + 1 + (isForgotten && identity ? SEQ_GAP : 0),
    doneSeq: found.doneSeq,
    losses,
    // So that a kill before the first tick finds neither the stale checkpoints nor the old boot's name again.
    isStale: isNew || isForgotten || !identity,
  }
}
