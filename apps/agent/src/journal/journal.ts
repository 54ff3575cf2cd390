import { AgentError } from '../agent-error.ts'
import { Appender } from './appender.ts'
import { isWorthRewriting } from './garbage.ts'
import { JOURNAL_LIMIT_BYTES_DEFAULT, JOURNAL_LIMIT_BYTES_MIN, WINDOW_PART } from './limits.ts'
import { Losses, type LossReason, SPOOL_STAGE } from './losses.ts'
import { type JournalOpening, openFile } from './opening.ts'
import type { JournalDirectory, RandomAccessFile } from './random-access-file.ts'
import { FLAG_TELLS_LOSSES, RecordKind, encodeRecord } from './record.ts'
import { writeAnew } from './rewrite.ts'
import { Spool, type SpooledFrame } from './spool.ts'

const FILE = 'journal'
const NEW_FILE = 'journal.new'

export interface JournalOptions {
  readonly bootId: string
  /** The agent's id where there is no journal yet. */
  readonly newAgentId: string
  /** Default 64 MiB. While the file is rewritten, the disk holds up to half as much beside it. */
  readonly limitBytes?: number
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
  #appender: Appender
  #spool: Spool
  #nextSeq: number
  #wholeBytes: number
  #deltaBytes: number
  #hasWhole: boolean
  /** The next tick repeats what was told before this journal lost its end. */
  #isNextTickStale = false
  #ticksSinceOpen = 0
  #lostProcesses = false

  constructor(directory: JournalDirectory, options: JournalOptions) {
    this.#directory = directory
    this.limitBytes = Math.max(options.limitBytes ?? JOURNAL_LIMIT_BYTES_DEFAULT, JOURNAL_LIMIT_BYTES_MIN)
    this.bootId = options.bootId
    this.#file = directory.open(FILE)
    this.#appender = new Appender(this.#file)
    const opened = openFile(this.#file, options.bootId)
    this.opening = opened.opening
    this.agentId = opened.agentId ?? options.newAgentId
    this.losses = opened.losses
    this.#restore = opened.restore
    this.#hasWhole = opened.restore.length > 0
    this.#wholeBytes = opened.wholeBytes
    this.#deltaBytes = opened.deltaBytes
    this.#nextSeq = opened.nextSeq
    this.#spool = new Spool(this.#file, opened.doneSeq, opened.doneSeq)
    if (opened.isStale && !this.compact(undefined))
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
    if (!this.#appender.append(records))
      return this.#lose(batches, 'write-failed', undefined, options.tellsLosses)
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
    this.#appender.append([encodeRecord({ kind: RecordKind.DONE, seq })])
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
    if (this.#appender.isBroken || !this.#hasWhole) return true
    return isWorthRewriting({
      limitBytes: this.limitBytes,
      fileBytes: this.#file.sizeBytes,
      frameBytes: this.#spool.frameBytes,
      wholeBytes: this.#wholeBytes,
      deltaBytes: this.#deltaBytes,
    })
  }

  /**
   * Writes a new file with the tracer's whole state and the frames that are not done (`writeAnew`), and puts it in the
   * old one's place. Returns false, and changes nothing, where the disk refuses it.
   */
  compact(whole: Uint8Array | undefined): boolean {
    // Counted aside: until the new file is in place, the old one still has the frames.
    const losses = new Losses()
    losses.addJson(this.losses.toJson())
    let file: RandomAccessFile | undefined
    try {
      file = this.#directory.create(NEW_FILE)
      const written = writeAnew(file, {
        identity: { version: 1, agentId: this.agentId, bootId: this.bootId, nextSeq: this.#nextSeq },
        whole,
        spool: this.#spool,
        limitBytes: this.limitBytes,
        losses,
      })
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
    this.#appender = new Appender(file)
    this.#hasWhole = whole !== undefined
    this.#wholeBytes = whole?.length ?? 0
    this.#deltaBytes = 0
    return true
  }

  [Symbol.dispose](): void {
    this.#file.close()
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
    this.#appender.append([this.#doneRecord()])
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
    if (checkpoint && !this.#appender.isBroken) {
      this.#deltaBytes += checkpoint.length
      this.#appender.append([encodeRecord({ kind: RecordKind.DELTA, checkpoint }), this.#doneRecord()])
    }
    return false
  }

  #doneRecord(): Uint8Array {
    return encodeRecord({ kind: RecordKind.DONE, seq: this.#spool.doneSeq, main: this.losses.toJson() })
  }
}
