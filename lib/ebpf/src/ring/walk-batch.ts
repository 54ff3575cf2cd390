import { batchBytes, BUSY_BIT, HEADER_BYTES, LENGTH_MASK, type RingRegion } from './region.ts'
import {
  block,
  branch,
  type Code,
  drop,
  get,
  i32,
  i64,
  type Local,
  loop,
  sequence,
  set,
  tee,
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
} as const

export const WALK_CONTROL_BYTES = 16

/** The record that is being looked at: its bytes begin at address `record` + `offset`, and `length` are they. */
export interface WalkRecord {
  readonly record: Local
  readonly offset: number
  readonly length: Local
}

const CACHE_LINE_BYTES = 64
const LINES_UNROLLED = 4

type NewLocal = (type: ValueType) => Local

/**
 * Code that gives one batch of records to `onRecord`: those of the next 16 KiB or so (`batchBytes`), at most
 * `recordsMax` (i32, not negative) and perhaps fewer, counted in `recordCount`. They stay valid until
 * {@link releaseBatch}.
 *
 * Positions are 64 bits, but no ring is longer than 2^31: differences of their low words are exact, and only what is
 * written back needs the high word.
 */
export function walkBatch(
  region: RingRegion,
  controlAt: number,
  { recordsMax, recordCount }: { readonly recordsMax: Local; readonly recordCount: Local },
  local: NewLocal,
  onRecord: (record: WalkRecord) => Code,
): Code {
  const { producerAt, dataAt, dataBytes } = region
  const at = local(ValueType.i32)
  const available = local(ValueType.i32)
  const batch = local(ValueType.i32)
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
      set(header, i32.atomicLoad(get(record), dataAt)),
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
      set(record, i32.and(get(at), i32.const(dataBytes - 1))),
      readHeader(exit),
      when(i32.greater(get(step), get(available)), sequence(corrupt, exit)),
      set(at, i32.add(get(at), get(step))),
      set(available, i32.sub(get(available), get(step))),
      when(
        // What is left beside the length is the discard bit.
        i32.ne(get(header), get(length)),
        countDiscarded,
        sequence(
          set(recordCount, i32.add(get(recordCount), i32.const(1))),
          onRecord({ record, offset: dataAt + HEADER_BYTES, length }),
        ),
      ),
    )

  return sequence(
    set(at, i32.load(control, WalkControl.readTo)),
    set(step, i32.const(HEADER_BYTES)),
    set(available, i32.sub(i32.atomicLoad(i32.const(producerAt), 0), get(at))),
    when(
      i32.greater(get(available), i32.const(dataBytes)),
      corrupt,
      sequence(
        // No record takes less than its header: so many bytes hold `recordsMax` records at most.
        set(batch, i32.const(batchBytes(dataBytes))),
        when(
          i32.less(get(recordsMax), i32.const(batchBytes(dataBytes) / HEADER_BYTES)),
          set(batch, i32.shl(get(recordsMax), i32.const(Math.log2(HEADER_BYTES)))),
        ),
        set(availableAfter, i32.sub(get(available), get(batch))),
        when(i32.lessSigned(get(availableAfter), i32.const(0)), set(availableAfter, i32.const(0))),
        set(record, i32.and(get(at), i32.const(dataBytes - 1))),
        touchLines(record, dataAt, i32.sub(get(available), get(availableAfter)), local),
        block((exit) => loop((again) => sequence(readOne(branch(exit)), branch(again)))),
        i32.store(control, WalkControl.readTo, get(at)),
      ),
    ),
  )
}

/**
 * Loads each cache line of the next `byteLength` bytes once. Another processor wrote them: in a loop of nothing but
 * loads the lines come side by side, in the loop over records one or two at a time. It may go some lines too far,
 * into the second half of the ring's pages.
 */
function touchLines(from: Local, offset: number, byteLength: Code, local: NewLocal): Code {
  const line = local(ValueType.i32)
  const left = local(ValueType.i32)
  const round = CACHE_LINE_BYTES * LINES_UNROLLED
  const lines = Array.from({ length: LINES_UNROLLED }, (_, index) =>
    drop(i32.load8u(get(line), offset + index * CACHE_LINE_BYTES)),
  )
  return sequence(
    set(line, get(from)),
    set(left, byteLength),
    loop((again) =>
      sequence(
        ...lines,
        set(line, i32.add(get(line), i32.const(round))),
        branch(again, i32.greaterSigned(tee(left, i32.sub(get(left), i32.const(round))), i32.const(0))),
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
