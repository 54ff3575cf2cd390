import { crc32 } from 'node:zlib'
import { Parcel } from '../parcel.ts'
import { PipelineError } from '../pipeline-error.ts'
import { HeadFile } from './head-file.ts'
import type { QueueDirectory, QueueFile } from './queue-directory.ts'
import { encodeRecord, RECORD_BODY_BYTES_MAX, RECORD_HEAD_BYTES } from './record.ts'
import { recover, segmentName, type StoredRecord } from './recover.ts'
import type { QueuedParcel, SendQueue } from './send-queue.ts'

/** A bound in bytes is kept by whole files: an eighth of it each, so that at most that much of it is used badly. */
const SEGMENTS_PER_QUEUE = 8
const SEGMENT_BYTES_MAX = 16 << 20

interface Waiting extends StoredRecord {
  isDone: boolean
}

interface TakenRecord extends QueuedParcel {
  readonly record: Waiting
}

/**
 * A queue on disk. What was pushed survives the process, `kill -9` included; a machine that loses power may lose the
 * last seconds, since nothing is synced. A parcel is sent again where the process ended before it was `done`.
 */
export class DiskQueue implements SendQueue {
  readonly isDurable = true
  /** Items that were lost on disk since they were put in, by reason. */
  readonly lost: ReadonlyMap<string, number>
  readonly #directory: QueueDirectory
  readonly #bytesMax: number
  readonly #head: HeadFile
  readonly #sizes = new Map<number, number>()
  #records: Waiting[]
  /** Index of the oldest that is not done, and of the next to be taken. */
  #front = 0
  #next = 0
  #nextItem: number
  #nextSegment: number
  #writing: { readonly number: number; readonly file: QueueFile } | undefined
  #reading: { readonly number: number; readonly file: QueueFile } | undefined
  #heldItems = 0
  #sizeBytes = 0

  /** @throws {PipelineError} `storage` */
  constructor(directory: QueueDirectory, bytesMax: number) {
    this.#directory = directory
    this.#bytesMax = bytesMax
    try {
      this.#head = new HeadFile(directory.open('head'))
      const { segments, records, lost, nextItem } = recover(directory, this.#head.read())
      this.lost = lost
      this.#records = records.map((record) => ({ ...record, isDone: false }))
      this.#nextItem = nextItem
      this.#nextSegment = (segments.at(-1)?.number ?? 0) + 1
      for (const { number, sizeBytes } of segments) this.#sizes.set(number, sizeBytes)
      this.#sizeBytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      this.#heldItems = records.reduce((sum, { itemCount }) => sum + itemCount, 0)
      this.#forgetDone()
    } catch (error) {
      throw PipelineError.from(error, 'storage')
    }
  }

  get heldItems(): number {
    return this.#heldItems
  }

  /** Of all files, records that are done but share one with others included. */
  get heldBytes(): number {
    return this.#sizeBytes
  }

  push(parcel: Parcel): string | undefined {
    const { bytes, signal, itemCount } = parcel
    const recordBytes = RECORD_HEAD_BYTES + bytes.length
    if (bytes.length > RECORD_BODY_BYTES_MAX) return 'too-large'
    if (this.#sizeBytes + recordBytes > this.#bytesMax) return 'queue-full'
    const record = encodeRecord(signal, itemCount, this.#nextItem, bytes)
    try {
      const { number, file } = this.#segmentFor(recordBytes)
      const offset = this.#sizes.get(number)!
      try {
        file.write(record, offset)
      } catch (error) {
        // Half a record would hide those behind it: the next one gets a new segment.
        this.#writing = undefined
        file.truncate(offset)
        file.close()
        throw error
      }
      this.#sizes.set(number, offset + recordBytes)
      this.#sizeBytes += recordBytes
      this.#records.push({
        segment: number,
        offset,
        bodyBytes: bytes.length,
        bodyCrc: crc32(bytes),
        signal,
        itemCount,
        firstItem: this.#nextItem,
        isDone: false,
      })
    } catch {
      return 'disk-error'
    }
    this.#nextItem += itemCount
    this.#heldItems += itemCount
    return undefined
  }

  take(): TakenRecord | undefined {
    const record = this.#records[this.#next]
    if (!record) return undefined
    this.#next++
    const { itemCount } = record
    const parcel = this.#read(record)
    return parcel ? { itemCount, parcel, record } : { itemCount, parcel, record, reason: 'damaged' }
  }

  done(queued: QueuedParcel): void {
    const { record } = queued as TakenRecord
    record.isDone = true
    this.#heldItems -= record.itemCount
    this.#forgetDone()
  }

  [Symbol.dispose](): void {
    for (const segment of [this.#writing, this.#reading]) segment?.file.close()
    this.#writing = this.#reading = undefined
    this.#head.close()
  }

  #read(record: Waiting): Parcel | undefined {
    const body = new Uint8Array(record.bodyBytes)
    try {
      if (this.#reading?.number !== record.segment) {
        this.#reading?.file.close()
        this.#reading = undefined
        this.#reading = {
          number: record.segment,
          file: this.#directory.open(segmentName(record.segment)),
        }
      }
      if (this.#reading.file.read(body, record.offset + RECORD_HEAD_BYTES) < body.length) return undefined
    } catch {
      return undefined
    }
    return crc32(body) === record.bodyCrc ? Parcel.ofBytes(record.signal, body, record.itemCount) : undefined
  }

  /** The segment that the next record goes to. */
  #segmentFor(recordBytes: number): { readonly number: number; readonly file: QueueFile } {
    const limit = Math.min(this.#bytesMax / SEGMENTS_PER_QUEUE, SEGMENT_BYTES_MAX)
    if (this.#writing) {
      const size = this.#sizes.get(this.#writing.number)!
      if (size === 0 || size + recordBytes <= limit) return this.#writing
      this.#writing.file.close()
      this.#writing = undefined
    }
    const number = this.#nextSegment++
    this.#writing = { number, file: this.#directory.open(segmentName(number)) }
    this.#sizes.set(number, 0)
    return this.#writing
  }

  /** Moves the head over what is done at the front, and removes the segments before it. */
  #forgetDone(): void {
    while (this.#records[this.#front]?.isDone) this.#front++
    // The done front is given back once it is half of the array: amortised constant time.
    if (this.#front > 32 && this.#front * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#front)
      this.#next -= this.#front
      this.#front = 0
    }
    const first = this.#records[this.#front]
    // Nothing left: the file that was written to is as done as the others.
    if (!first && this.#writing) {
      this.#writing.file.close()
      this.#writing = undefined
    }
    const head = first ?? { segment: this.#nextSegment, offset: 0, firstItem: this.#nextItem }
    try {
      this.#head.write({ segment: head.segment, offset: head.offset, item: head.firstItem })
      for (const [number, size] of this.#sizes) {
        if (number >= head.segment) continue
        if (this.#reading?.number === number) {
          this.#reading.file.close()
          this.#reading = undefined
        }
        this.#directory.remove(segmentName(number))
        this.#sizes.delete(number)
        this.#sizeBytes -= size
      }
    } catch {
      // What is done may be sent again, and its file stays until the next time; nothing is lost.
    }
  }
}
