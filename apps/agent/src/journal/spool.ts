import type { RandomAccessFile } from './random-access-file.ts'
import { RECORD_HEAD_BYTES, type RecordHead, RecordKind, isBodySound, mainOf, readHead } from './record.ts'
import { AgentError } from '../agent-error.ts'

export interface SpooledFrame {
  readonly seq: number
  readonly batch: Uint8Array
  /** False where the disk changed the bytes after they were written. */
  readonly sound: boolean
}

interface Place {
  readonly offset: number
  readonly head: RecordHead
}

/**
 * The frames of a journal file that are not done, found by walking the file: nothing is held in memory per frame,
 * so a week of a server's absence costs disk and nothing else.
 */
export class Spool {
  readonly #file: RandomAccessFile
  readonly #headBytes = new Uint8Array(RECORD_HEAD_BYTES)
  #first: Place | undefined
  /** Where a search for the first frame begins. */
  #firstOffset = 0
  #sendOffset = 0
  #sentSeq = 0
  #doneSeq = 0
  #frameCount = 0
  #frameBytes = 0

  /** Walks `file` from its start; frames up to `doneSeq` need no sending, those up to `sentSeq` were sent in this session. */
  constructor(file: RandomAccessFile, doneSeq: number, sentSeq: number) {
    this.#file = file
    this.#doneSeq = doneSeq
    this.#sentSeq = Math.max(sentSeq, doneSeq)
    for (let place = this.#find(0, doneSeq); place; place = this.#find(endOf(place), doneSeq)) {
      this.#first ??= place
      this.#frameCount++
      this.#frameBytes += place.head.mainBytes
    }
    this.#firstOffset = this.#first?.offset ?? file.sizeBytes
    this.#sendOffset = this.#firstOffset
  }

  get frameCount(): number {
    return this.#frameCount
  }

  /** Encoded batches, without what the file adds to them. */
  get frameBytes(): number {
    return this.#frameBytes
  }

  get firstSeq(): number | undefined {
    return this.#first?.head.seq
  }

  get doneSeq(): number {
    return this.#doneSeq
  }

  get sentSeq(): number {
    return this.#sentSeq
  }

  /** A frame was appended to the file. */
  added(offset: number, record: Uint8Array): void {
    const head = readHead(record)
    if (!head) return
    if (!this.#first) {
      this.#first = { offset, head }
      this.#firstOffset = offset
    }
    this.#frameCount++
    this.#frameBytes += head.mainBytes
  }

  /** Frames up to `seq` need no sending. */
  done(seq: number): void {
    this.#doneSeq = Math.max(this.#doneSeq, seq)
    this.#sentSeq = Math.max(this.#sentSeq, this.#doneSeq)
    while (this.#first && this.#first.head.seq <= seq) {
      this.#frameCount--
      this.#frameBytes -= this.#first.head.mainBytes
      this.#firstOffset = endOf(this.#first)
      this.#first = this.#find(this.#firstOffset, this.#first.head.seq)
    }
    this.#sendOffset = Math.max(this.#sendOffset, this.#firstOffset)
  }

  /** The next frame to send; each one once until `rewind`. */
  next(): SpooledFrame | undefined {
    if (this.#frameCount === 0) return undefined
    const place = this.#find(this.#sendOffset, this.#sentSeq)
    if (!place) return undefined
    this.#sendOffset = endOf(place)
    this.#sentSeq = place.head.seq
    return this.#read(place)
  }

  /** Sending begins again with the first frame that is not done. */
  rewind(): void {
    this.#sentSeq = this.#doneSeq
    this.#sendOffset = this.#firstOffset
  }

  /** All frames that are not done, the oldest first. */
  *frames(): IterableIterator<SpooledFrame> {
    let place = this.#first
    while (place) {
      yield this.#read(place)
      place = this.#find(endOf(place), this.#doneSeq)
    }
  }

  #find(from: number, afterSeq: number): Place | undefined {
    let offset = from
    while (offset < this.#file.sizeBytes) {
      const complete = this.#file.read(this.#headBytes, offset) === RECORD_HEAD_BYTES
      const head = complete ? readHead(this.#headBytes) : undefined
      // The file was sound when it was opened: whoever restarts us makes recovery cut it here.
      if (!head) throw new AgentError('journal', `the journal is damaged at byte ${offset}`)
      if (head.kind === RecordKind.FRAME && head.seq > afterSeq) return { offset, head }
      offset += head.recordBytes
    }
    return undefined
  }

  #read({ offset, head }: Place): SpooledFrame {
    const record = new Uint8Array(head.recordBytes)
    const complete = this.#file.read(record, offset) === record.length
    return { seq: head.seq, batch: mainOf(record, head), sound: complete && isBodySound(record) }
  }
}

function endOf({ offset, head }: Place): number {
  return offset + head.recordBytes
}
