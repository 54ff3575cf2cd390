import { EbpfError } from '../error.ts'
import type { OnRecord } from './record-reader.ts'
import { DISCARD_BIT, HEADER_BYTES, LENGTH_MASK, releaseBytes, type RingRegion } from './region.ts'

/** Reads one ring record by record. Needs no kernel: the region may lie in any memory. */
export interface RingCursor {
  /** As `RecordReader.drain`. */
  drain(onRecord: OnRecord, maxRecords?: number): number
  /** Whether there is a complete record to read. */
  readable(): boolean
}

/** A cursor over `region`; its place is the consumer position in the region itself. */
export function ringCursor(region: RingRegion): RingCursor {
  const { consumerAt, producerAt, dataAt, dataBytes } = region
  const { buffer } = region.memory
  const words = new Uint32Array(buffer)
  // Signed, so that V8 keeps headers and positions in integer registers; the busy bit is the sign.
  const integers = new Int32Array(buffer)
  const longs = new BigUint64Array(buffer)
  const consumerWord = consumerAt >>> 2
  const producerWord = producerAt >>> 2
  const dataWord = dataAt >>> 2
  const mask = dataBytes - 1
  const releaseEvery = releaseBytes(dataBytes)

  // Positions are 64 bits, but no ring is longer than 2^31: differences of their low words are exact, and adding
  // to the whole position carries into the high word.
  const release = (byteLength: number) => Atomics.add(longs, consumerAt >>> 3, BigInt(byteLength))

  let draining = false

  function drain(onRecord: OnRecord, maxRecords = Infinity): number {
    // The position is only told in steps: an inner drain would give the same records again.
    if (draining) throw new EbpfError('argument', 'drain called from its own callback')
    draining = true
    let at = Atomics.load(integers, consumerWord)
    let released = at
    let delivered = 0
    try {
      while (delivered < maxRecords) {
        let available = (Atomics.load(integers, producerWord) - at) >>> 0
        if (available > dataBytes) throw corrupt(at)
        while (available !== 0 && delivered < maxRecords) {
          const headerWord = dataWord + ((at & mask) >>> 2)
          const header = Atomics.load(integers, headerWord)
          if (header < 0) break
          const byteLength = header & LENGTH_MASK
          const step = (byteLength + HEADER_BYTES + 7) & -8
          if (step > available) throw corrupt(at)
          at = (at + step) | 0
          available -= step
          if ((header & DISCARD_BIT) === 0) {
            delivered++
            onRecord(words, headerWord + 2, byteLength)
          }
          if ((at - released) >>> 0 >= releaseEvery) {
            release((at - released) >>> 0)
            released = at
          }
        }
        if (at === released) break
        // A record committed before our position was seen to have caught up with it does not wake a waiter
        // (ringbuf.c, bpf_ringbuf_commit), so look once more after telling the position.
        release((at - released) >>> 0)
        released = at
      }
    } finally {
      draining = false
      if (at !== released) release((at - released) >>> 0)
    }
    return delivered
  }

  return {
    drain,
    readable() {
      const at = Atomics.load(integers, consumerWord)
      if (Atomics.load(integers, producerWord) === at) return false
      return Atomics.load(integers, dataWord + ((at & mask) >>> 2)) >= 0
    },
  }
}

function corrupt(at: number): EbpfError {
  return new EbpfError('system', `ring buffer: corrupt header at ${at >>> 0}`)
}
