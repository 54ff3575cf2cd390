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
  const needed = HEAD_BYTES + (counts.length + 2) * VARINT_BYTES_MAX
  // Written some thousand times a second: what is kept is a copy of as many bytes as were written.
  const bytes = needed <= scratch.length ? scratch : new Uint8Array(needed)
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
  const counts: number[] = []
  let offset = 0
  let zeroCount = 0
  for (let at = HEAD_BYTES, which = 0; at < bytes.length; which++) {
    let byte = bytes[at++]!
    let value = byte & 0x7f
    // Numbers go up to 2^53: shifting would cut them to 32 bits.
    for (let factor = 128; byte >= 0x80 && at < bytes.length; factor *= 128) {
      byte = bytes[at++]!
      value += (byte & 0x7f) * factor
    }
    if (which === 0) offset = value % 2 === 1 ? -(value + 1) / 2 : value / 2
    else if (which === 1) zeroCount = value
    else counts.push(value)
  }
  return {
    scale: view.getInt8(0),
    sumNs: view.getFloat64(1, true),
    minNs: view.getFloat64(9, true),
    maxNs: view.getFloat64(17, true),
    offset,
    zeroCount,
    counts,
  }
}

/** SQL's `merge_durations(a, b)` and the aggregate `sum_durations(a)`. */
export function defineDurationFunctions(db: DatabaseSync): void {
  db.function('merge_durations', { deterministic: true }, (a, b) => {
    const [had, has] = [a as Uint8Array, b as Uint8Array]
    if (had.length === 0 || has.length === 0) return had.length === 0 ? has : had
    return packDurations(merged(unpackDurations(had)!, unpackDurations(has)!))
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

/** Both are the caller's own, and the first may become the result. */
function merged(into: Durations, from: Durations): Durations | undefined {
  const at = from.offset - into.offset
  const fits = into.scale === from.scale && at >= 0 && at + from.counts.length <= into.counts.length
  if (fits) {
    // As a rule a minute knows the buckets of its seconds already.
    for (let i = 0; i < from.counts.length; i++) into.counts[at + i]! += from.counts[i]!
    return {
      ...into,
      zeroCount: into.zeroCount + from.zeroCount,
      sumNs: into.sumNs + from.sumNs,
      minNs: Math.min(into.minNs, from.minNs),
      maxNs: Math.max(into.maxNs, from.maxNs),
    }
  }
  const sum = new DurationSum()
  sum.add(into)
  sum.add(from)
  return sum.total()
}

const EMPTY = new Uint8Array()
const HEAD_BYTES = 25
/** Of numbers below 2^53. */
const VARINT_BYTES_MAX = 8
/** For the longest that is told. */
const scratch = new Uint8Array(HEAD_BYTES + 322 * VARINT_BYTES_MAX)

function putVarint(bytes: Uint8Array, at: number, value: number): number {
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes[at++] = (value % 128) | 0x80
  bytes[at++] = value
  return at
}
