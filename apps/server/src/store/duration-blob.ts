import type { DatabaseSync } from 'node:sqlite'
import { DurationSum, type Durations } from './durations.ts'

/**
 * Histograms as the store keeps them, a third as long as the message:
 *
 *     ┌───────────┬────────┬────────┬────────┬─────────────┬────────────┬─────────┐
 *     │ scale  i8 │ sum f64│ min f64│ max f64│ offset zig- │ zero count │ counts, │
 *     │           │   ns   │   ns   │   ns   │ zag varint  │   varint   │ varints │
 *     └───────────┴────────┴────────┴────────┴─────────────┴────────────┴─────────┘
 *
 * Little-endian; nothing timed is no byte at all.
 */
export function packDurations(durations: Durations | undefined): Uint8Array {
  if (!durations) return EMPTY
  const { scale, offset, counts, zeroCount, sumNs, minNs, maxNs } = durations
  const bytes = new Uint8Array(HEAD_BYTES + (counts.length + 2) * VARINT_BYTES_MAX)
  const view = new DataView(bytes.buffer)
  view.setInt8(0, scale)
  view.setFloat64(1, sumNs, true)
  view.setFloat64(9, minNs, true)
  view.setFloat64(17, maxNs, true)
  let at = putVarint(bytes, HEAD_BYTES, offset < 0 ? -2 * offset - 1 : 2 * offset)
  at = putVarint(bytes, at, zeroCount)
  for (const count of counts) at = putVarint(bytes, at, count)
  return bytes.slice(0, at)
}

export function unpackDurations(bytes: Uint8Array): Durations | undefined {
  if (bytes.length === 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const numbers: number[] = []
  for (let at = HEAD_BYTES; at < bytes.length;) {
    let value = 0
    // Numbers go up to 2^53: shifting would cut them to 32 bits.
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * factor
      if (!(byte >= 0x80)) break
    }
    numbers.push(value)
  }
  const [zigzag = 0, zeroCount = 0] = numbers
  return {
    scale: view.getInt8(0),
    sumNs: view.getFloat64(1, true),
    minNs: view.getFloat64(9, true),
    maxNs: view.getFloat64(17, true),
    offset: zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2,
    zeroCount,
    counts: numbers.slice(2),
  }
}

/** SQL's `merge_durations(a, b)` and the aggregate `sum_durations(a)`. */
export function defineDurationFunctions(db: DatabaseSync): void {
  db.function('merge_durations', { deterministic: true }, (a, b) => {
    const [had, has] = [a as Uint8Array, b as Uint8Array]
    if (had.length === 0 || has.length === 0) return had.length === 0 ? has : had
    const sum = new DurationSum()
    sum.add(unpackDurations(had))
    sum.add(unpackDurations(has))
    return packDurations(sum.total())
  })
  db.aggregate('sum_durations', {
    // What a sum is so far may be any object; its types know only what SQL knows.
    start: () => new DurationSum() as unknown as null,
    step: (sum, blob) => {
      ;(sum as unknown as DurationSum).add(unpackDurations(blob as Uint8Array))
      return sum
    },
    result: (sum) => packDurations((sum as unknown as DurationSum).total()),
  })
}

const EMPTY = new Uint8Array()
const HEAD_BYTES = 25
/** Of numbers below 2^53. */
const VARINT_BYTES_MAX = 8

function putVarint(bytes: Uint8Array, at: number, value: number): number {
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes[at++] = (value % 128) | 0x80
  bytes[at++] = value
  return at
}
