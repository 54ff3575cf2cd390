import { AgentError } from '../agent-error.ts'
import { Losses, type LossReason, SPOOL_STAGE } from './losses.ts'
import type { JournalDirectory, RandomAccessFile } from './random-access-file.ts'
import { FLAG_TELLS_LOSSES, RecordKind, encodeRecord } from './record.ts'
import { RecordWriter } from './record-writer.ts'
import { type JournalIdentity, recover } from './recovery.ts'
import { Spool, type SpooledFrame } from './spool.ts'
import type { Batch } from '@quadrant/proto'

const FILE = 'journal'
const NEW_FILE = 'journal.new'

/**
 * Sequence numbers skipped where frames may have been sent that the file no longer shows. More than a journal
 * writes in eleven days at one a second, and 2^53 has room for nine milliards of such steps.
 */
const SEQ_GAP = 1_000_000

/** Frames sent and not yet acknowledged: so many at most, and so large a part of the limit. */
export const WINDOW_FRAMES = 64
const WINDOW_PART = 1 / 8

/** Below this a file is not worth being rewritten. */
const GARBAGE_BYTES_MIN = 4 << 20
const DELTA_BYTES_MIN = 8 << 20

export const JOURNAL_LIMIT_BYTES_DEFAULT = 64 << 20
export const JOURNAL_LIMIT_BYTES_MIN = 1 << 20

export interface JournalOptions {
  readonly bootId: string
  /** The agent's id where there is no journal yet. */
  readonly newAgentId: string
  /** Default 64 MiB. While the file is rewritten, the disk holds up to half as much beside it. */
  readonly limitBytes?: number
}

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

/**
 * What the agent has told, and what it still has to send. A tick is one append of its batch *and* of the tracer's
 * checkpoint that says "told": whatever the moment of a `kill -9`, both are in the file or neither is, so no delta is
 * told twice and none is forgotten.
 *
 * There is no fsync. A kill of the process loses nothing that was written, because the page cache is the kernel's;
 * a crash of the machine takes the sockets and their counters with it, and what the file lost of its last seconds is
 * met by a gap in the sequence numbers.
 */
export class Journal {
  readonly agentId: string
  readonly bootId: string
  readonly limitBytes: number
  readonly opening: JournalOpening
  /** Counted and not told: `tell` them in the next batch and say so in `append`. */
  readonly losses: Losses
  /** The tracer's state; taken (and freed) once. */
  #restore: readonly Uint8Array[]
  readonly #directory: JournalDirectory
  #file: RandomAccessFile
  #spool: Spool
  #nextSeq: number
  #wholeBytes: number
  #deltaBytes: number
  #hasWhole: boolean
  #isBroken = false
  /** The next tick repeats what was told before this journal lost its end. */
  #isNextTickStale = false
  #ticksSinceOpen = 0
  #lostProcesses = false

  constructor(directory: JournalDirectory, options: JournalOptions) {
    this.#directory = directory
    this.limitBytes = Math.max(options.limitBytes ?? JOURNAL_LIMIT_BYTES_DEFAULT, JOURNAL_LIMIT_BYTES_MIN)
    this.bootId = options.bootId
    this.#file = directory.open(FILE)
    const isNew = this.#file.sizeBytes === 0
    const found = recover(this.#file)
    const otherBoot = found.identity !== undefined && found.identity.bootId !== options.bootId
    const isCorrupt = found.end === 'corrupt' || (!isNew && !found.identity)
    this.opening = {
      state: isNew ? 'new' : isCorrupt ? 'corrupt' : found.end === 'torn' ? 'torn' : 'clean',
      cutBytes: found.cutBytes,
      otherBoot,
    }
    this.agentId = found.identity?.agentId ?? options.newAgentId
    this.losses = found.losses
    if (isCorrupt) this.losses.count('agent.journal', 'corrupt-bytes', found.cutBytes)
    if (found.cutBytes > 0) this.#file.truncate(found.soundBytes)

    // Behind a damage lies what was told since the last sound checkpoint: to restore it would tell that twice.
    const isStale = isCorrupt || otherBoot
    this.#restore = isStale ? [] : found.restore
    this.#wholeBytes = isStale ? 0 : found.wholeBytes
    this.#deltaBytes = isStale ? 0 : found.deltaBytes
    this.#hasWhole = this.#restore.length > 0
    this.#nextSeq = found.lastSeq + 1 + (isStale && found.identity ? SEQ_GAP : 0)
    this.#spool = new Spool(this.#file, found.doneSeq, found.doneSeq)
    // So that a kill before the first tick finds neither the stale checkpoints nor the old boot's name again.
    if ((isNew || isStale || !found.identity) && !this.compact(undefined))
      throw new AgentError('journal', 'cannot write the journal: is the disk full or read-only?')
  }

  /** Sequence number of the oldest frame that is not acknowledged, or of the next one. */
  get firstSeq(): number {
    return this.#spool.firstSeq ?? this.#nextSeq
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  get doneSeq(): number {
    return this.#spool.doneSeq
  }

  get sentSeq(): number {
    return this.#spool.sentSeq
  }

  get frameCount(): number {
    return this.#spool.frameCount
  }

  get frameBytes(): number {
    return this.#spool.frameBytes
  }

  get fileBytes(): number {
    return this.#file.sizeBytes
  }

  /** How many bytes of frames may be sent before one is acknowledged. */
  get windowBytes(): number {
    return this.limitBytes * WINDOW_PART
  }

  /** Whether process records fell out since the last call: the tracer should tell every process again. */
  takeLostProcesses(): boolean {
    const lost = this.#lostProcesses
    this.#lostProcesses = false
    return lost
  }

  takeRestore(): readonly Uint8Array[] {
    const restore = this.#restore
    this.#restore = []
    return restore
  }

  /**
   * Keeps one tick: its frames (encoded batches) and the checkpoint that goes with the last of them. The ones before
   * the last hold nothing but processes, so that repeating them does no harm. Returns false where the disk refused
   * it; then it is counted in `losses` and `compactionDue` is true.
   */
  append(
    batches: readonly Uint8Array[],
    checkpoint: Uint8Array,
    options: { readonly tellsLosses: boolean },
  ): boolean {
    this.#ticksSinceOpen++
    if (this.#isNextTickStale) {
      this.#isNextTickStale = false
      return this.#lose(batches, 'history-lost', checkpoint, options.tellsLosses)
    }
    if (this.#isBroken) return this.#lose(batches, 'write-failed', undefined, options.tellsLosses)
    const records = batches.map((main, index) => {
      const isLast = index === batches.length - 1
      const flags = isLast && options.tellsLosses ? FLAG_TELLS_LOSSES : 0
      const seq = this.#nextSeq + index
      return encodeRecord({
        kind: RecordKind.FRAME,
        flags,
        seq,
        main,
        checkpoint: isLast ? checkpoint : undefined,
      })
    })
    let offset = this.#file.sizeBytes
    if (!this.#write(records)) return this.#lose(batches, 'write-failed', undefined, options.tellsLosses)
    this.#nextSeq += batches.length
    this.#deltaBytes += checkpoint.length
    for (const record of records) {
      this.#spool.added(offset, record)
      offset += record.length
    }
    if (options.tellsLosses) this.losses.clear()
    return true
  }

  /** The next frame to send in this session, each one once. Frames whose bytes were damaged are counted and left out. */
  next(): SpooledFrame | undefined {
    for (;;) {
      const frame = this.#spool.next()
      if (!frame || frame.sound) return frame
      this.losses.count(SPOOL_STAGE, 'damaged-frames', 1)
      this.#lostProcesses = true
    }
  }

  /** The server has committed everything up to `seq`. */
  acknowledge(seq: number): void {
    if (seq <= this.#spool.doneSeq) return
    this.#spool.done(seq)
    // Best effort: without this record the frames are offered again, and the server knows them.
    if (!this.#isBroken) this.#write([encodeRecord({ kind: RecordKind.DONE, seq })])
  }

  /**
   * A session begins: the server has committed everything up to `lastSeq`. Sending begins behind it. Returns whether
   * the server knows less than it acknowledged before, so that it must be told every process again.
   */
  resume(lastSeq: number): { readonly serverForgot: boolean } {
    const serverForgot = lastSeq < this.#spool.doneSeq
    if (lastSeq >= this.#nextSeq) this.#abandonHistory(lastSeq)
    else this.acknowledge(lastSeq)
    this.#spool.rewind()
    return { serverForgot }
  }

  /** Gives up the oldest frame, which the server will not take. */
  refuseFirst(): void {
    const frame = this.#spool.frames().next().value
    if (frame) this.#giveUp([frame], 'server-refused', frame.seq)
  }

  /** Whether the file should be written anew; `compact` needs the tracer's whole state as of the last append. */
  get compactionDue(): boolean {
    if (this.#isBroken || !this.#hasWhole) return true
    const fileBytes = this.#file.sizeBytes
    if (fileBytes > this.limitBytes) return true
    const deltaBytesMax = Math.max(Math.min(DELTA_BYTES_MIN, this.limitBytes / 8), 4 * this.#wholeBytes)
    if (this.#deltaBytes > deltaBytesMax) return true
    const liveBytes = this.#wholeBytes + this.#deltaBytes + this.#spool.frameBytes
    return fileBytes - liveBytes > Math.max(Math.min(GARBAGE_BYTES_MIN, this.limitBytes / 8), 2 * liveBytes)
  }

  /**
   * Writes a new file with the tracer's whole state and the frames that are not done, and puts it in the old one's
   * place. Frames beyond half of the limit fall out, the oldest first, but for those that may have been sent already.
   * Returns false, and changes nothing, where the disk refuses it.
   */
  compact(whole: Uint8Array | undefined): boolean {
    // Counted aside: until the new file is in place, the old one still has the frames.
    const losses = new Losses()
    losses.addJson(this.losses.toJson())
    let file: RandomAccessFile | undefined
    try {
      file = this.#directory.create(NEW_FILE)
      const written = this.#writeAnew(file, whole, losses)
      this.#directory.rename(NEW_FILE, FILE)
      this.#spool = written.spool
      this.#lostProcesses ||= written.lostProcesses
    } catch {
      file?.close()
      return false
    }
    this.losses.clear()
    this.losses.addJson(losses.toJson())
    this.#file.close()
    this.#file = file
    this.#hasWhole = whole !== undefined
    this.#wholeBytes = whole?.length ?? 0
    this.#deltaBytes = 0
    this.#isBroken = false
    return true
  }

  [Symbol.dispose](): void {
    this.#file.close()
  }

  #writeAnew(file: RandomAccessFile, whole: Uint8Array | undefined, losses: Losses) {
    const { doneSeq, sentSeq } = this.#spool
    const spool = new Spool(file, doneSeq, sentSeq)
    const writer = new RecordWriter(file)
    const identity: JournalIdentity = {
      version: 1,
      agentId: this.agentId,
      bootId: this.bootId,
      nextSeq: this.#nextSeq,
    }
    writer.add(
      encodeRecord({ kind: RecordKind.HEADER, main: new TextEncoder().encode(JSON.stringify(identity)) }),
    )
    if (whole) writer.add(encodeRecord({ kind: RecordKind.WHOLE, checkpoint: whole }))

    let excessBytes = this.#spool.frameBytes - Math.max(0, this.limitBytes - (whole?.length ?? 0)) / 2
    let lostProcesses = false
    let frames = 0
    let bytes = 0
    for (const { seq, batch, sound } of this.#spool.frames()) {
      // What may be in flight stays, so that no frame is both committed and counted as lost.
      const mayBeSent = frames < WINDOW_FRAMES && bytes < this.windowBytes
      frames++
      bytes += batch.length
      if (!sound) {
        // What was to be sent before was counted then.
        if (seq > sentSeq) losses.count(SPOOL_STAGE, 'damaged-frames', 1)
        lostProcesses = true
      } else if (!mayBeSent && excessBytes > 0) {
        excessBytes -= batch.length
        lostProcesses = losses.addBatch(batch, 'server-away') || lostProcesses
      } else {
        const record = encodeRecord({ kind: RecordKind.FRAME, seq, main: batch })
        spool.added(writer.add(record), record)
      }
    }
    const main = losses.isEmpty ? undefined : losses.toJson()
    writer.add(encodeRecord({ kind: RecordKind.DONE, seq: doneSeq, main }))
    writer.flush()
    return { spool, lostProcesses }
  }

  /** The server is ahead of us: our file lost its end, and what was told since then repeats what the server has. */
  #abandonHistory(lastSeq: number): void {
    this.#isNextTickStale = this.#ticksSinceOpen === 0
    this.#nextSeq = lastSeq + 1
    this.#giveUp(this.#spool.frames(), 'history-lost', lastSeq)
    // After another kill the stale checkpoints must not come back: better none than those.
    if (this.#isNextTickStale) this.compact(undefined)
  }

  #giveUp(frames: Iterable<SpooledFrame>, reason: LossReason, doneSeq: number): void {
    for (const { batch } of frames)
      this.#lostProcesses = this.losses.addBatch(batch, reason) || this.#lostProcesses
    this.#spool.done(doneSeq)
    if (!this.#isBroken) this.#write([this.#doneRecord()])
  }

  #lose(
    batches: readonly Uint8Array[],
    reason: LossReason,
    checkpoint: Uint8Array | undefined,
    tellsLosses: boolean,
  ): false {
    // The batch carries them; they are counted with it.
    if (tellsLosses) this.losses.clear()
    for (const batch of batches)
      this.#lostProcesses = this.losses.addBatch(batch, reason) || this.#lostProcesses
    if (checkpoint && !this.#isBroken) {
      this.#deltaBytes += checkpoint.length
      this.#write([encodeRecord({ kind: RecordKind.DELTA, checkpoint }), this.#doneRecord()])
    }
    return false
  }

  #doneRecord(): Uint8Array {
    return encodeRecord({ kind: RecordKind.DONE, seq: this.#spool.doneSeq, main: this.losses.toJson() })
  }

  #write(records: readonly Uint8Array[]): boolean {
    const sizeBytes = this.#file.sizeBytes
    try {
      const writer = new RecordWriter(this.#file)
      for (const record of records) writer.add(record)
      writer.flush()
      return true
    } catch {
      // Half a record at the end would hide all that follow. Until the file is written anew, nothing is appended.
      this.#isBroken = true
      try {
        this.#file.truncate(sizeBytes)
      } catch {
        // The new file takes its place either way.
      }
      return false
    }
  }
}

/** Adds what was lost to the batch that will tell it. Returns what `append` wants to know. */
export function tellLosses(journal: Journal, batch: Batch): { tellsLosses: boolean } {
  if (journal.losses.isEmpty) return { tellsLosses: false }
  journal.losses.tell(batch)
  return { tellsLosses: true }
}
