import type { OnRecord } from './record-reader.ts'
import { HEADER_BYTES, batchBytes, type RingRegion } from './region.ts'
import { type RecordCode, ringWalker } from './ring-walker.ts'
import { WALK_CONTROL_BYTES } from './walk-batch.ts'
import { get, i32, sequence, set, ValueType } from './wasm/code.ts'

/** Reads one ring record by record. Needs no kernel: the region may lie in any memory. */
export interface RingCursor {
  /** As `RecordReader.drain`. */
  drain(onRecord: OnRecord, maxRecords?: number): number
  /** Whether there is a complete record to read. */
  readonly readable: () => boolean
}

/** Bytes a cursor needs next to the ring: its control block and the places of one batch of records. */
export function cursorBytes(dataBytes: number): number {
  return WALK_CONTROL_BYTES + batchBytes(dataBytes)
}

/**
 * A cursor over `region`; its position is the consumer position in the region itself. Generated wasm reads the headers
 * (with the atomics and the checks that takes) and writes down where the records of a batch are; JavaScript calls
 * with these. An `Atomics.load` for each record in JavaScript costs twice as much as all of that.
 *
 * @param scratchAt where in the region's memory {@link cursorBytes} zero bytes are free, a multiple of 8
 */
export function ringCursor(region: RingRegion, scratchAt: number): RingCursor {
  const words = new Uint32Array(region.memory.buffer)
  const places = scratchAt + WALK_CONTROL_BYTES
  const placesWord = places >>> 2
  const walker = ringWalker(region, scratchAt, writePlaces(places))

  return {
    readable: walker.readable,
    drain(onRecord, maxRecords = Infinity) {
      return walker.drain(maxRecords, (recordCount) => {
        const end = placesWord + 2 * recordCount
        let place = placesWord
        try {
          for (; place < end; place += 2) onRecord(words, words[place]!, words[place + 1]!)
        } catch (error) {
          walker.rewind(positionAfter(words[place]!, words[place + 1]!))
          throw error
        }
      })
    },
  }

  /** The position behind a record, known by its place: it lies at most one ring behind what was read to. */
  function positionAfter(wordIndex: number, byteLength: number): number {
    const { dataAt, dataBytes, consumerAt } = region
    const from = words[consumerAt >>> 2]!
    const offset = 4 * wordIndex - dataAt + ((byteLength + HEADER_BYTES - 1) & -HEADER_BYTES)
    return from + ((offset - from) & (dataBytes - 1))
  }
}

/** Writes word index and length of each record, one after the other. */
function writePlaces(places: number): RecordCode {
  return (local) => {
    const place = local(ValueType.i32)
    return {
      begin: set(place, i32.const(places)),
      each: ({ record, offset, length }) =>
        sequence(
          i32.store(get(place), 0, i32.add(i32.shr(get(record), i32.const(2)), i32.const(offset >>> 2))),
          i32.store(get(place), 4, get(length)),
          set(place, i32.add(get(place), i32.const(8))),
        ),
    }
  }
}
