import { EbpfError } from '../error.ts'
import {
  PERF_HEAD_OFFSET,
  PERF_HEADER_BYTES,
  PERF_RECORD_LOST,
  PERF_RECORD_SAMPLE,
  PERF_TAIL_OFFSET,
  type PerfRegion,
} from './perf-region.ts'
import type { OnRecord } from './record-reader.ts'
import { releaseBytes } from './region.ts'

/** Reads the ring of one processor. Needs no kernel: the region may lie in any memory. */
export interface PerfCursor {
  /** As `RecordReader.drain`; `maxRecords` counts samples. */
  drain(onRecord: OnRecord, maxRecords?: number): number
  readable(): boolean
  /** The sum of the lost records the kernel told of. */
  readonly lostCount: number
}

/** A cursor over `region`; its place is the tail in the region itself. */
export function perfCursor(region: PerfRegion): PerfCursor {
  const { dataBytes } = region
  const { buffer } = region.memory
  const words = new Uint32Array(buffer)
  const integers = new Int32Array(buffer)
  const bytes = new Uint8Array(buffer)
  const headWord = (region.pageAt + PERF_HEAD_OFFSET) >>> 2
  const tailWord = (region.pageAt + PERF_TAIL_OFFSET) >>> 2
  const dataWord = region.dataAt >>> 2
  const mask = dataBytes - 1
  const releaseEvery = releaseBytes(dataBytes)
  const tail = new BigInt64Array(buffer, region.pageAt + PERF_TAIL_OFFSET, 1)
  let lostCount = 0

  // As with ring buffers, differences of the low words are exact; adding carries into the high word.
  const release = (byteLength: number) => Atomics.add(tail, 0, BigInt(byteLength))

  /** The word where the record at `offset` can be read without a gap. */
  function whole(offset: number, size: number): number {
    const before = dataBytes - offset
    if (size <= before) return dataWord + (offset >>> 2)
    bytes.copyWithin(region.scratchAt, region.dataAt + offset, region.dataAt + dataBytes)
    bytes.copyWithin(region.scratchAt + before, region.dataAt, region.dataAt + size - before)
    return region.scratchAt >>> 2
  }

  function drain(onRecord: OnRecord, maxRecords = Infinity): number {
    let at = Atomics.load(integers, tailWord)
    let released = at
    let delivered = 0
    try {
      let available = (Atomics.load(integers, headWord) - at) >>> 0
      if (available > dataBytes) throw corrupt(at)
      while (available >= PERF_HEADER_BYTES && delivered < maxRecords) {
        const offset = at & mask
        const header = dataWord + (offset >>> 2)
        const type = words[header]!
        const size = words[header + 1]! >>> 16
        if (size < PERF_HEADER_BYTES || size > available || (size & 7) !== 0) throw corrupt(at)
        if (type === PERF_RECORD_SAMPLE) {
          const record = whole(offset, size)
          const byteLength = words[record + 2]!
          if (size < 16 || byteLength > size - 12) throw corrupt(at)
          at = (at + size) | 0
          delivered++
          onRecord(words, record + 3, byteLength)
        } else {
          if (type === PERF_RECORD_LOST) {
            if (size < 24) throw corrupt(at)
            const record = whole(offset, size)
            lostCount += words[record + 4]! + words[record + 5]! * 2 ** 32
          }
          at = (at + size) | 0
        }
        available -= size
        if ((at - released) >>> 0 >= releaseEvery) {
          release((at - released) >>> 0)
          released = at
        }
      }
    } finally {
      if (at !== released) release((at - released) >>> 0)
    }
    return delivered
  }

  return {
    drain,
    readable: () => Atomics.load(integers, headWord) !== Atomics.load(integers, tailWord),
    get lostCount() {
      return lostCount
    },
  }
}

function corrupt(at: number): EbpfError {
  return new EbpfError('system', `perf buffer: corrupt record at ${at >>> 0}`)
}
