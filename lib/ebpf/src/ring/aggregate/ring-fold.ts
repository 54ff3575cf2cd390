import { randomBytes } from 'node:crypto'
import type { RingRegion } from '../region.ts'
import { ringWalker } from '../ring-walker.ts'
import { WALK_CONTROL_BYTES } from '../walk-batch.ts'
import { FOLD_CONTROL_BYTES, FoldControl } from './control.ts'
import { foldRecord, type TablePlace } from './fold-record.ts'
import { type Groups, groupsOver, writeEmptyGroup } from './groups.ts'
import type { GroupLayout } from './plan.ts'

/** Counters since the start, each record in exactly one of them. */
export interface FoldCounts {
  /** Records in a group, those in `~other` too. */
  readonly recordCount: number
  readonly discardedCount: number
  readonly shortCount: number
  readonly filteredCount: number
}

/** A ring drained into groups by generated wasm, all within one memory. Needs no kernel. */
export interface RingFold {
  /** Reads up to `recordsMax` records and returns how many it read. @throws {EbpfError} `system`: corrupt ring */
  drain(recordsMax: number): number
  /** The groups as they are now; the next drain changes them in place, and `count` stays what it was. */
  groups(): Groups
  /** Whether there is a complete record to read. */
  readonly readable: () => boolean
  /** A copy of the groups, and starts new ones. */
  take(): Groups
  /** Forgets all groups. */
  reset(): void
  counts(): FoldCounts
}

/** Bytes that the groups of `layout` need next to the ring. */
export function tableBytes(layout: GroupLayout): number {
  return (
    WALK_CONTROL_BYTES +
    FOLD_CONTROL_BYTES +
    4 * slotCountOf(layout) +
    (layout.groupsMax + 2) * layout.groupBytes
  )
}

/**
 * @param tableAt where in the region's memory {@link tableBytes} are free, not 0, a multiple of 8
 * @param seed starts the key hash; default random
 */
export function foldRing(
  region: RingRegion,
  layout: GroupLayout,
  tableAt: number,
  seed: bigint = randomBytes(8).readBigUInt64LE(),
): RingFold {
  const { buffer } = region.memory
  const controlAt = tableAt + WALK_CONTROL_BYTES
  const slotsAt = controlAt + FOLD_CONTROL_BYTES
  const slotCount = slotCountOf(layout)
  const groupsAt = slotsAt + 4 * slotCount
  const templateAt = groupsAt + (layout.groupsMax + 1) * layout.groupBytes
  const place: TablePlace = { controlAt, slotsAt, slotCount, groupsAt, templateAt, seed }
  const walker = ringWalker(region, tableAt, (local) => ({
    each: (record) => foldRecord(record, layout, place, local),
  }))
  const control = new DataView(buffer, controlAt, FOLD_CONTROL_BYTES)
  const slots = new Uint32Array(buffer, slotsAt, slotCount)
  const counter = (field: number) => Number(control.getBigUint64(field, true))
  let readCount = 0
  const groups = () => groupsOver(layout, buffer, groupsAt, control.getUint32(FoldControl.groupCount, true))

  const reset = () => {
    slots.fill(0)
    control.setUint32(FoldControl.groupCount, 0, true)
    writeEmptyGroup(layout, buffer, groupsAt)
  }
  writeEmptyGroup(layout, buffer, templateAt)
  reset()
  return {
    readable: walker.readable,
    drain(recordsMax) {
      // Counted batch by batch: the batches before a corrupt header are in the groups.
      const before = readCount
      walker.drain(recordsMax, (recordCount) => {
        readCount += recordCount
      })
      return readCount - before
    },
    groups,
    take() {
      const { bytes, count } = groups()
      const copy = bytes.slice()
      reset()
      return groupsOver(layout, copy.buffer, 0, count)
    },
    reset,
    counts() {
      const shortCount = counter(FoldControl.short)
      const filteredCount = counter(FoldControl.filtered)
      const recordCount = readCount - shortCount - filteredCount
      return { recordCount, discardedCount: walker.discardedCount(), shortCount, filteredCount }
    },
  }
}

function slotCountOf({ groupsMax }: GroupLayout): number {
  return 2 ** Math.ceil(Math.log2(2 * groupsMax))
}
