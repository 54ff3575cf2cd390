import { formatAddress } from '@quadrant/core'
import { type Collection, openRingBuffer, type RecordReader, structCodec } from '@quadrant/ebpf'
import { read64 } from '../../kernel/word.ts'
import type { StreamRecord, StreamSink } from './stream-record.ts'

/** Of one poll, so that one that is slower than its writers ends. */
const RECORDS_MAX = 65_536

/** Reads the ring into which programs write `struct stream_record`. */
export class StreamSource implements Disposable {
  readonly #reader: RecordReader
  readonly #record: RingRecord
  readonly #headBytes: number

  /** @throws {EbpfError} `not-found`: no such map */
  constructor(collection: Collection, ring = 'stream_records') {
    const at = placesOf(collection)
    this.#headBytes = at.end
    this.#record = new RingRecord(at)
    this.#reader = openRingBuffer(collection.map(ring))
  }

  /** Gives what the ring holds; how many records. */
  poll(sink: StreamSink): number {
    return this.#reader.drain((words, index, byteLength) => {
      if (byteLength >= this.#headBytes) sink(this.#record.of(words, index, byteLength))
    }, RECORDS_MAX)
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]()
  }
}

type Places = ReturnType<typeof placesOf>

/** The record that lies in the ring at present; what is not asked for is not read. */
class RingRecord implements StreamRecord {
  readonly #at: Places
  #words: Uint32Array = new Uint32Array(0)
  #index = 0
  #byteLength = 0

  constructor(at: Places) {
    this.#at = at
  }

  of(words: Uint32Array, index: number, byteLength: number): this {
    this.#words = words
    this.#index = index
    this.#byteLength = byteLength
    return this
  }

  get connection(): number {
    return read64(this.#words, this.#index + this.#at.connection)
  }

  get cgroupId(): number {
    return read64(this.#words, this.#index + this.#at.cgroup)
  }

  get atNs(): number {
    return read64(this.#words, this.#index + this.#at.atNs)
  }

  get offset(): number {
    return this.#words[this.#index + this.#at.offset]!
  }

  get length(): number {
    return this.#words[this.#index + this.#at.length]!
  }

  get pid(): number {
    return this.#words[this.#index + this.#at.tgid]!
  }

  get localAddress(): string {
    return this.#address(this.#at.localAddress)
  }

  get remoteAddress(): string {
    return this.#address(this.#at.remoteAddress)
  }

  get localPort(): number {
    return this.#words[this.#index + this.#at.ports]! & 0xffff
  }

  get remotePort(): number {
    return this.#words[this.#index + this.#at.ports]! >>> 16
  }

  get flags(): number {
    return this.#words[this.#index + this.#at.flags]! & 0xffff
  }

  get bytes(): Uint8Array {
    const copied = this.#words[this.#index + this.#at.copied]!
    const start = this.#words.byteOffset + 4 * this.#index + this.#at.end
    return new Uint8Array(this.#words.buffer, start, Math.min(copied, this.#byteLength - this.#at.end))
  }

  #address(at: number): string {
    return formatAddress(
      new Uint8Array(this.#words.buffer, this.#words.byteOffset + 4 * (this.#index + at), 16),
    )
  }
}

/** Where the fields are, in words; where bytes begin, in bytes. */
function placesOf({ spec }: Collection) {
  const record = structCodec(spec.btf, 'struct stream_record')
  return {
    connection: record.offset('connection') / 4,
    cgroup: record.offset('cgroup') / 4,
    atNs: record.offset('at_ns') / 4,
    offset: record.offset('offset') / 4,
    length: record.offset('length') / 4,
    copied: record.offset('copied') / 4,
    tgid: record.offset('tgid') / 4,
    localAddress: record.offset('local_address') / 4,
    remoteAddress: record.offset('remote_address') / 4,
    /** The local one, with the remote one above it. */
    ports: record.offset('local_port') / 4,
    flags: record.offset('flags') / 4,
    end: record.bytes,
  } as const
}
