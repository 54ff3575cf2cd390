import type { RandomAccessFile } from './random-access-file.ts'
import {
  type RecordHead,
  PREFIX_BYTES,
  RECORD_HEAD_BYTES,
  isBodySound,
  readHead,
  readPrefix,
} from './record.ts'

/**
 * How a run of records ends:
 *
 * - `end`: with the last byte of the file
 * - `torn`: in the middle of a record whose beginning is sound: its writer was killed
 * - `corrupt`: with bytes that no writer wrote
 */
export type ScanEnd = 'end' | 'torn' | 'corrupt'

export interface ScannedRecord {
  readonly offset: number
  readonly head: RecordHead
  /** The record's bytes; overwritten by the next one. */
  readonly bytes: Uint8Array
}

/** Reads records from `offset` on, one buffer for all of them, until the file or its soundness ends. */
export class RecordScanner {
  readonly #file: RandomAccessFile
  #buffer = new Uint8Array(64 << 10)
  /** Where the next record begins; after the last one, where the file should be cut. */
  offset: number
  end: ScanEnd | undefined

  constructor(file: RandomAccessFile, offset = 0) {
    this.#file = file
    this.offset = offset
  }

  /** The next sound record, or undefined when `end` says why there is none. */
  next(): ScannedRecord | undefined {
    const available = this.#file.sizeBytes - this.offset
    if (available <= 0) return this.#finish('end')
    if (available < PREFIX_BYTES) return this.#finish('torn')
    const prefixBytes = Math.min(available, RECORD_HEAD_BYTES)
    if (this.#file.read(this.#buffer.subarray(0, prefixBytes), this.offset) < prefixBytes)
      return this.#finish('torn')
    const bodyBytes = readPrefix(this.#buffer)
    if (bodyBytes === undefined) return this.#finish('corrupt')
    const recordBytes = PREFIX_BYTES + bodyBytes
    if (recordBytes > available) return this.#finish('torn')
    const head = readHead(this.#buffer)
    if (!head) return this.#finish('corrupt')
    if (recordBytes > this.#buffer.length) this.#buffer = new Uint8Array(recordBytes * 2)
    const bytes = this.#buffer.subarray(0, recordBytes)
    if (this.#file.read(bytes, this.offset) < recordBytes) return this.#finish('torn')
    if (!isBodySound(bytes)) return this.#finish('corrupt')
    const offset = this.offset
    this.offset += recordBytes
    return { offset, head, bytes }
  }

  #finish(end: ScanEnd): undefined {
    this.end = end
    return undefined
  }
}
