import { batchBytes, BUSY_BIT, HEADER_BYTES, LENGTH_MASK, type RingRegion } from './region.ts'
import {
  block,
  branch,
  type Code,
  get,
  i32,
  i64,
  type Local,
  loop,
  sequence,
  set,
  ValueType,
  when,
} from './wasm/code.ts'

/** The block through which a walk and JavaScript speak: offsets of its u32 words. All begin at zero. */
export const WalkControl = {
  /** Low word of the position up to which records were read. */
  readTo: 0,
  /** 1 when the header at `readTo` points outside of what the producer wrote. */
  corrupt: 4,
  /** Records the producer threw away, modulo 2^32. */
  discarded: 8,
  /** Written so that loads made for the cache alone are not optimised away. */
  touched: 12,
} as const

export const WALK_CONTROL_BYTES = 16

const CACHE_LINE_BYTES = 64

/** The record that is being looked at: the address of its bytes, and how many they are. */
export interface WalkRecord {
  readonly record: Local
  readonly length: Local
}

type NewLocal = (type: ValueType) => Local

/**
 * Code that gives one batch of records to `onRecord`: those of the next 16 KiB or so (`batchBytes`), at most
 * `recordsLeft` (i32, not negative), which it counts down for each. They stay valid until {@link releaseBatch}.
 *
 * Positions are 64 bits, but no ring is longer than 2^31: differences of their low words are exact, and only what is
 * written back needs the high word.
 */
export function walkBatch(
  region: RingRegion,
  controlAt: number,
  recordsLeft: Local,
  local: NewLocal,
  onRecord: (record: WalkRecord) => Code,
): Code {
  const { producerAt, dataAt, dataBytes } = region
  const at = local(ValueType.i32)
  const available = local(ValueType.i32)
  const availableAfter = local(ValueType.i32)
  const header = local(ValueType.i32)
  const record = local(ValueType.i32)
  const length = local(ValueType.i32)
  const step = local(ValueType.i32)
  const control = i32.const(controlAt)
  const corrupt = i32.store(control, WalkControl.corrupt, i32.const(1))
  const countDiscarded = i32.store(
    control,
    WalkControl.discarded,
    i32.add(i32.load(control, WalkControl.discarded), i32.const(1)),
  )

  // Records mostly have the length of the one before, and then their header is that length. Comparing instead of
  // adding what was loaded lets the processor predict where the next record is, so that it fetches several at once;
  // otherwise each record waits for the header of the one before to come from the cache.
  const readHeader = (exit: Code): Code =>
    sequence(
      set(header, i32.atomicLoad(get(record), 0)),
      when(
        i32.ne(get(header), get(length)),
        sequence(
          when(i32.and(get(header), i32.const(BUSY_BIT)), exit),
          set(length, i32.and(get(header), i32.const(LENGTH_MASK))),
          set(step, i32.and(i32.add(get(length), i32.const(HEADER_BYTES + 7)), i32.const(-8))),
        ),
      ),
    )

  const readOne = (exit: Code): Code =>
    sequence(
      when(i32.lessEqualSigned(get(available), get(availableAfter)), exit),
      when(i32.eqz(get(recordsLeft)), exit),
      set(record, i32.add(i32.and(get(at), i32.const(dataBytes - 1)), i32.const(dataAt))),
      readHeader(exit),
      when(i32.greater(get(step), get(available)), sequence(corrupt, exit)),
      set(at, i32.add(get(at), get(step))),
      set(available, i32.sub(get(available), get(step))),
      set(record, i32.add(get(record), i32.const(HEADER_BYTES))),
      when(
        // What is left beside the length is the discard bit.
        i32.ne(get(header), get(length)),
        countDiscarded,
        sequence(set(recordsLeft, i32.sub(get(recordsLeft), i32.const(1))), onRecord({ record, length })),
      ),
    )

  // Touching each cache line of the batch first, in a loop of nothing but loads, has them come side by side.
  const line = local(ValueType.i32)
  const touched = local(ValueType.i32)
  const batchLeft = local(ValueType.i32)
  const touchBatch = sequence(
    set(line, i32.add(i32.and(get(at), i32.const(dataBytes - 1)), i32.const(dataAt))),
    set(batchLeft, i32.sub(get(available), get(availableAfter))),
    loop((again) =>
      sequence(
        set(touched, i32.or(get(touched), i32.load8u(get(line), 0))),
        set(line, i32.add(get(line), i32.const(CACHE_LINE_BYTES))),
        set(batchLeft, i32.sub(get(batchLeft), i32.const(CACHE_LINE_BYTES))),
        branch(again, i32.greaterSigned(get(batchLeft), i32.const(0))),
      ),
    ),
    i32.store(control, WalkControl.touched, get(touched)),
  )

  return sequence(
    set(at, i32.load(control, WalkControl.readTo)),
    set(step, i32.const(HEADER_BYTES)),
    set(available, i32.sub(i32.atomicLoad(i32.const(producerAt), 0), get(at))),
    when(
      i32.greater(get(available), i32.const(dataBytes)),
      corrupt,
      sequence(
        set(availableAfter, i32.sub(get(available), i32.const(batchBytes(dataBytes)))),
        when(i32.lessSigned(get(availableAfter), i32.const(0)), set(availableAfter, i32.const(0))),
        touchBatch,
        block((exit) => loop((again) => sequence(readOne(branch(exit)), branch(again)))),
        i32.store(control, WalkControl.readTo, get(at)),
      ),
    ),
  )
}

/** Code that tells the producer that all up to `readTo` is read. */
export function releaseBatch(region: RingRegion, controlAt: number, local: NewLocal): Code {
  const position = local(ValueType.i64)
  const consumer = i32.const(region.consumerAt)
  const readBytes = i32.sub(i32.load(i32.const(controlAt), WalkControl.readTo), i32.wrap(get(position)))
  return sequence(
    set(position, i64.atomicLoad(consumer, 0)),
    i64.atomicStore(consumer, 0, i64.add(get(position), i64.extend(readBytes))),
  )
}
