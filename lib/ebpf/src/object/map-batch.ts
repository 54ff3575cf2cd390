import { EbpfError } from '../error.ts'
import { BPF, BpfAttr, bpf, commandName, tryBpf, type BpfCommand } from '../sys/bpf.ts'
import { addressOf, errno } from '../sys/libc.ts'

/** Entries of a chunk: large enough that the system call is nothing beside them. */
const CHUNK_ENTRIES = 1024

/** A chunk's buffers together; maps with large values get shorter chunks. */
const CHUNK_BYTES_MAX = 1 << 20

const ENOENT = 2
const ENOSPC = 28

export interface BatchOptions {
  /** Entries of a chunk. Default 1024, or what fits 1 MiB. Larger ones make new buffers. */
  readonly chunkEntries?: number
}

/**
 * Entry `i` has its key at `i * keyBytes` and its value at `i * lookupBytes`. The views are used again for the next
 * chunk: take what you need before you return.
 */
export type BatchVisitor = (keys: Uint8Array, values: Uint8Array, count: number) => void

interface BatchMap {
  readonly name: string
  readonly fd: number
  readonly keyBytes: number
  readonly lookupBytes: number
  readonly maxEntries: number
}

/** Batch operations of one map over buffers that live as long as it. */
export class MapBatch {
  readonly #map: BatchMap
  readonly #attr = new BpfAttr()
  /** The kernel's place in the map: a key, or four bytes where keys are shorter (hash maps keep a bucket number). */
  readonly #cursor: Uint8Array
  readonly #cursorAddress: number
  #keys = new Uint8Array(0)
  #values = new Uint8Array(0)
  #entries = 0

  constructor(map: BatchMap) {
    this.#map = map
    this.#cursor = new Uint8Array(Math.max(map.keyBytes, 8))
    this.#cursorAddress = addressOf(this.#cursor)
  }

  walk(command: BpfCommand, visit: BatchVisitor, options: BatchOptions = {}): number {
    const { keyBytes, lookupBytes, fd, maxEntries } = this.#map
    const fitting = Math.max(16, Math.floor(CHUNK_BYTES_MAX / (keyBytes + lookupBytes)))
    let chunk = options.chunkEntries ?? Math.min(CHUNK_ENTRIES, fitting, Math.max(maxEntries, 1))
    if (!(chunk >= 1)) throw new EbpfError('argument', `map ${this.#map.name}: chunks of ${chunk} entries`)
    const attr = this.#attr
    let first = true
    let total = 0
    for (;;) {
      this.#reserve(chunk)
      attr
        .u64(0, first ? 0 : this.#cursorAddress)
        .u64(8, this.#cursorAddress)
        .u64(16, addressOf(this.#keys))
        .u64(24, addressOf(this.#values))
        .u32(32, chunk)
        .u32(36, fd)
        .u64(40, 0)
        .u64(48, 0)
      const failed = tryBpf(command, attr) === -1 ? errno() : 0
      const count = attr.view.getUint32(32, true)
      if (failed === ENOSPC && chunk < maxEntries) {
        // One bucket of the hash holds more than a chunk: nothing was given, ask again with more room.
        chunk = Math.min(chunk * 2, maxEntries)
        continue
      }
      if (failed !== 0 && failed !== ENOENT)
        throw EbpfError.fromErrno(failed, commandName(command), `map ${this.#map.name}`)
      if (count > 0) visit(this.#keys, this.#values, count)
      total += count
      first = false
      if (failed === ENOENT) return total
    }
  }

  update(keys: Uint8Array, values: Uint8Array): void {
    const { keyBytes, lookupBytes, fd, name } = this.#map
    const count = keys.length / keyBytes
    if (!Number.isInteger(count) || values.length !== count * lookupBytes)
      throw new EbpfError('argument', `map ${name}: ${keys.length} bytes of keys, ${values.length} of values`)
    const attr = new BpfAttr().u64(0, 0).u64(8, 0).pointer(16, keys).pointer(24, values)
    attr.u32(32, count).u32(36, fd).u64(40, 0).u64(48, 0)
    bpf(BPF.MAP_UPDATE_BATCH, attr, `map ${name}`)
  }

  #reserve(entries: number): void {
    if (entries <= this.#entries) return
    this.#keys = new Uint8Array(entries * this.#map.keyBytes)
    this.#values = new Uint8Array(entries * this.#map.lookupBytes)
    this.#entries = entries
  }
}
