import { readBytes, type ByteSource } from '../byte-source.ts'
import { readU32, viewOf } from '../word.ts'

/**
 * For each function its entry's offset from the start of the code and its record's from the start of the records; then
 * the end of the code.
 *
 * Since 1.18 they are pairs of 32 bits in the file, of which one in 64 is held and the others are read through a cache
 * when they are asked for: a program of 100 MB has 100,000 functions. Before, they are held as what they come to.
 */
export interface FunctionOffsets {
  readonly functionCount: number
  /** The end of the code. */
  readonly end: number
  /** What is held. */
  readonly byteLength: number
  /** Entries of each 64th function; of each one where `source` is undefined, with their records between them. */
  readonly held: Uint32Array
  readonly source: ByteSource | undefined
  /** Where the pairs begin in the source. */
  readonly start: number
}

const STRIDE = 64
const PAIR_BYTES = 8
const CHUNK_PAIRS = 32 << 10

/** Offsets that are in memory: pairs, and the end. */
export function heldOffsets(pairs: Uint32Array): FunctionOffsets {
  return {
    functionCount: pairs.length >> 1,
    end: pairs[pairs.length - 1]!,
    byteLength: pairs.byteLength,
    held: pairs,
    source: undefined,
    start: 0,
  }
}

/** Offsets that stay in the file. `source` is read through, so it should keep what it has read last. */
export function sampledOffsets(source: ByteSource, start: number, functionCount: number): FunctionOffsets {
  const held = new Uint32Array(Math.ceil(functionCount / STRIDE))
  for (let first = 0; first < functionCount; first += CHUNK_PAIRS) {
    const count = Math.min(CHUNK_PAIRS, functionCount - first)
    const view = viewOf(readBytes(source, start + first * PAIR_BYTES, count * PAIR_BYTES))
    for (let index = 0; index < count; index += STRIDE)
      held[(first + index) / STRIDE] = view.getUint32(index * PAIR_BYTES, true)
  }
  const end = readU32(readBytes(source, start + functionCount * PAIR_BYTES, 4), 0)
  return { functionCount, end, byteLength: held.byteLength, held, source, start }
}

/** Where a function stands. */
export interface FunctionPlace {
  readonly entry: number
  readonly record: number
  /** Where the next one begins. */
  readonly end: number
}

/** All of a function's offsets. */
export function functionPlace({ held, source, start }: FunctionOffsets, index: number): FunctionPlace {
  if (source === undefined)
    return { entry: held[index * 2]!, record: held[index * 2 + 1]!, end: held[index * 2 + 2]! }
  const bytes = readBytes(source, start + index * PAIR_BYTES, PAIR_BYTES + 4)
  return { entry: readU32(bytes, 0), record: readU32(bytes, 4), end: readU32(bytes, PAIR_BYTES) }
}

/** Of a function, or with the number of functions for its index the end of the code. */
export function entryOffset(offsets: FunctionOffsets, index: number): number {
  const { functionCount, end, held, source, start } = offsets
  if (index === functionCount) return end
  if (source === undefined) return held[index * 2]!
  if (index % STRIDE === 0) return held[index / STRIDE]!
  return readU32(readBytes(source, start + index * PAIR_BYTES, 4), 0)
}

export function recordOffset({ held, source, start }: FunctionOffsets, index: number): number {
  if (source === undefined) return held[index * 2 + 1]!
  return readU32(readBytes(source, start + index * PAIR_BYTES + 4, 4), 0)
}

/** Calls back with each function's record offset. */
export function eachRecordOffset(
  offsets: FunctionOffsets,
  onFunction: (index: number, recordOffset: number) => void,
): void {
  const { functionCount, held, source, start } = offsets
  for (let first = 0; first < functionCount; first += CHUNK_PAIRS) {
    const count = Math.min(CHUNK_PAIRS, functionCount - first)
    const view = source && viewOf(readBytes(source, start + first * PAIR_BYTES, count * PAIR_BYTES))
    for (let index = 0; index < count; index++)
      onFunction(
        first + index,
        view ? view.getUint32(index * PAIR_BYTES + 4, true) : held[(first + index) * 2 + 1]!,
      )
  }
}

/** The function that has an offset from the start of the code; -1 where none has. */
export function indexAtOffset(offsets: FunctionOffsets, offset: number): number {
  const { functionCount, end, held, source, start } = offsets
  if (!(offset >= held[0]! && offset < end)) return -1
  if (source === undefined) return lastAtOrBefore(functionCount, (index) => held[index * 2]!, offset)
  const sample = lastAtOrBefore(held.length, (index) => held[index]!, offset)
  const first = sample * STRIDE
  const count = Math.min(STRIDE, functionCount - first)
  const bytes = readBytes(source, start + first * PAIR_BYTES, count * PAIR_BYTES)
  return first + lastAtOrBefore(count, (index) => readU32(bytes, index * PAIR_BYTES), offset)
}

function lastAtOrBefore(count: number, entryAt: (index: number) => number, offset: number): number {
  let low = 0
  let high = count
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (entryAt(middle) <= offset) low = middle
    else high = middle
  }
  return low
}
