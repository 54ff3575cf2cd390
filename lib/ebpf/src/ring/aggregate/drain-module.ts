import {
  type Code,
  block,
  branch,
  get,
  i32,
  i64,
  loop,
  sequence,
  set,
  tee,
  ValueType,
  when,
} from '../wasm/code.ts'
import { encodeModule } from '../wasm/module.ts'
import { BUSY_BIT, DISCARD_BIT, HEADER_BYTES, LENGTH_MASK, releaseBytes, type RingRegion } from '../region.ts'
import { Control, StopReason } from './control.ts'
import { foldRecord, type TablePlace } from './fold-record.ts'
import type { GroupLayout } from './plan.ts'

/** The exports of the generated module. */
export interface DrainExports {
  /** Reads at most `recordsMax` (u32) records, folds them into groups, and returns how many it read. */
  readonly drain: (recordsMax: number) => number
}

/**
 * Generates the module that drains the ring of `region` into the groups of `layout`. Addresses, key and measures
 * are constants of its code: nothing is interpreted per record.
 */
export function drainModule(
  region: RingRegion,
  layout: GroupLayout,
  table: TablePlace,
): Uint8Array<ArrayBuffer> {
  const { consumerAt, producerAt, dataAt, dataBytes } = region
  const stopWith = (reason: number): Code =>
    i32.store(i32.const(table.controlAt), Control.stopReason, i32.const(reason))
  return encodeModule({
    memoryPages: region.memory.buffer.byteLength / 65_536,
    functions: [
      {
        name: 'drain',
        parameters: [ValueType.i32],
        results: [ValueType.i32],
        body: ([recordsMax], local) => {
          const left = recordsMax!
          const budget = local(ValueType.i32)
          const at = local(ValueType.i32)
          const released = local(ValueType.i32)
          const consumer = local(ValueType.i64)
          const available = local(ValueType.i32)
          const header = local(ValueType.i32)
          const record = local(ValueType.i32)
          const length = local(ValueType.i32)
          const step = local(ValueType.i32)

          // Positions are 64 bits, but no ring is longer than 2^31: differences of their low words are exact,
          // and only what is written back needs the high one.
          const unreleased = i32.sub(get(at), get(released))
          const release = sequence(
            set(consumer, i64.add(get(consumer), i64.extend(unreleased))),
            set(released, get(at)),
            i64.atomicStore(i32.const(consumerAt), 0, get(consumer)),
          )
          const finish = sequence(when(unreleased, release))

          const readOne = (stop: (reason: number) => Code, stalled: Code, next: Code): Code =>
            sequence(
              when(i32.eqz(get(available)), stalled),
              when(i32.eqz(get(left)), stop(StopReason.budget)),
              set(record, i32.add(i32.const(dataAt), i32.and(get(at), i32.const(dataBytes - 1)))),
              set(header, i32.atomicLoad(get(record), 0)),
              when(i32.and(get(header), i32.const(BUSY_BIT)), stalled),
              set(length, i32.and(get(header), i32.const(LENGTH_MASK))),
              set(step, i32.and(i32.add(get(length), i32.const(HEADER_BYTES + 7)), i32.const(-8))),
              when(i32.greater(get(step), get(available)), stop(StopReason.corrupt)),
              set(record, i32.add(get(record), i32.const(HEADER_BYTES))),
              when(
                i32.and(get(header), i32.const(DISCARD_BIT)),
                addTo(table.controlAt, Control.discarded),
                foldRecord({ record, length }, layout, table, local),
              ),
              set(at, i32.add(get(at), get(step))),
              set(available, i32.sub(get(available), get(step))),
              set(left, i32.sub(get(left), i32.const(1))),
              when(i32.greaterEqual(unreleased, i32.const(releaseBytes(dataBytes))), release),
              next,
            )

          return sequence(
            set(budget, get(left)),
            set(consumer, i64.atomicLoad(i32.const(consumerAt), 0)),
            set(released, tee(at, i32.wrap(get(consumer)))),
            block((done) => {
              const stop = (reason: number) => sequence(stopWith(reason), branch(done))
              return loop((lookAgain) =>
                sequence(
                  set(available, i32.sub(i32.atomicLoad(i32.const(producerAt), 0), get(at))),
                  when(i32.greater(get(available), i32.const(dataBytes)), stop(StopReason.corrupt)),
                  block((stalled) => loop((again) => readOne(stop, branch(stalled), branch(again)))),
                  // A record committed before our position was seen to have caught up with it does not wake a
                  // waiter (ringbuf.c, bpf_ringbuf_commit), so look once more after telling the position.
                  when(unreleased, sequence(release, branch(lookAgain))),
                  stopWith(StopReason.caughtUp),
                ),
              )
            }),
            finish,
            when(
              i32.eq(i32.load(i32.const(table.controlAt), Control.stopReason), i32.const(StopReason.corrupt)),
              i64.store(i32.const(table.controlAt), Control.corruptAt, i64.extend(get(at))),
            ),
            i32.sub(get(budget), get(left)),
          )
        },
      },
    ],
  })
}

function addTo(controlAt: number, field: number): Code {
  const place = i32.const(controlAt)
  return i64.store(place, field, i64.add(i64.load(place, field), i64.const(1)))
}
