import { BUSY_BIT, DISCARD_BIT, HEADER_BYTES, type RingRegion } from './region.ts'

/**
 * The producer's side of a ring in an ordinary memory, by the layout the kernel publishes: what tests and fuzzing
 * feed the readers with. It does what bpf_ringbuf_reserve and bpf_ringbuf_commit do.
 */
export interface SyntheticRing {
  readonly region: RingRegion
  readonly positions: BigUint64Array
  /** Room for `byteLength` bytes, still busy: where its header is, or -1 when the ring is full. */
  reserve(byteLength: number): number
  /** Fills a reserved record and gives it to the consumer, or discards it. */
  commit(headerAt: number, bytes: Uint8Array, discard?: boolean): void
  /** Reserve and commit; false when the ring is full. */
  push(bytes: Uint8Array): boolean
  consumerPosition(): bigint
  producerPosition(): bigint
}

export interface SyntheticRingOptions {
  /** Where both positions start: near 2^32 or 2^64 to see them wrap. A multiple of 8, default 0. */
  readonly position?: bigint
  /** Bytes left free behind the ring, default 0. */
  readonly extraBytes?: number
}

/** A ring of `dataBytes` (a power of two) at the start of a memory of its own. */
export function syntheticRing(dataBytes: number, options: SyntheticRingOptions = {}): SyntheticRing {
  const { position = 0n, extraBytes = 0 } = options
  const byteLength = 8192 + 2 * dataBytes + extraBytes
  const pages = Math.ceil(byteLength / 65_536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const region: RingRegion = { memory, consumerAt: 0, producerAt: 4096, dataAt: 8192, dataBytes }
  const bytes = new Uint8Array(memory.buffer)
  const view = new DataView(memory.buffer)
  const positions = new BigUint64Array(memory.buffer)
  positions[0] = position
  positions[512] = position

  const put32 = (offset: number, value: number) => {
    view.setUint32(region.dataAt + offset, value, true)
    view.setUint32(region.dataAt + ((offset + dataBytes) % (2 * dataBytes)), value, true)
  }
  const ring: SyntheticRing = {
    region,
    positions,
    reserve(byteLength) {
      const step = (byteLength + HEADER_BYTES + 7) & -8
      const producer = positions[512]!
      // As the kernel does: one byte of the ring always stays free.
      if (producer + BigInt(step) - positions[0]! > BigInt(dataBytes - 1)) return -1
      const at = Number(producer & BigInt(dataBytes - 1))
      put32(at, (byteLength | BUSY_BIT) >>> 0)
      positions[512] = producer + BigInt(step)
      return at
    },
    commit(headerAt, record, discard = false) {
      for (let i = 0; i < record.length; i++) {
        const at = (headerAt + HEADER_BYTES + i) % dataBytes
        bytes[region.dataAt + at] = record[i]!
        bytes[region.dataAt + dataBytes + at] = record[i]!
      }
      put32(headerAt, (record.length | (discard ? DISCARD_BIT : 0)) >>> 0)
    },
    push(record) {
      const at = ring.reserve(record.length)
      if (at >= 0) ring.commit(at, record)
      return at >= 0
    },
    consumerPosition: () => positions[0]!,
    producerPosition: () => positions[512]!,
  }
  return ring
}
