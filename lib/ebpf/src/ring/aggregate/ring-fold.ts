import { randomBytes } from 'node:crypto'
import { EbpfError } from '../../error.ts'
import type { RingRegion } from '../region.ts'
import { Control, CONTROL_BYTES, StopReason } from './control.ts'
import { type DrainExports, drainModule } from './drain-module.ts'
import type { TablePlace } from './fold-record.ts'
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
  /** A copy of the groups, and starts new ones. */
  take(): Groups
  /** Forgets all groups. */
  reset(): void
  counts(): FoldCounts
}

/** Bytes that the groups of `layout` need next to the ring. */
export function tableBytes(layout: GroupLayout): number {
  return CONTROL_BYTES + 4 * slotCountOf(layout) + (layout.groupsMax + 2) * layout.groupBytes
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
  const slotsAt = tableAt + CONTROL_BYTES
  const slotCount = slotCountOf(layout)
  const groupsAt = slotsAt + 4 * slotCount
  const templateAt = groupsAt + (layout.groupsMax + 1) * layout.groupBytes
  const place: TablePlace = { controlAt: tableAt, slotsAt, slotCount, groupsAt, templateAt, seed }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(drainModule(region, layout, place)), {
    env: { memory: region.memory },
  })
  const { drain } = exports as unknown as DrainExports
  const control = new DataView(buffer, tableAt, CONTROL_BYTES)
  const slots = new Uint32Array(buffer, slotsAt, slotCount)
  const counter = (field: number) => Number(control.getBigUint64(field, true))
  const groups = () => groupsOver(layout, buffer, groupsAt, control.getUint32(Control.groupCount, true))

  const reset = () => {
    slots.fill(0)
    control.setUint32(Control.groupCount, 0, true)
    writeEmptyGroup(layout, buffer, groupsAt)
  }
  writeEmptyGroup(layout, buffer, templateAt)
  reset()
  return {
    drain(recordsMax) {
      const readCount = drain(Math.min(recordsMax, 2 ** 31)) >>> 0
      if (control.getUint32(Control.stopReason, true) === StopReason.corrupt)
        throw new EbpfError('system', `ring buffer: corrupt header at ${counter(Control.corruptAt)}`)
      return readCount
    },
    groups,
    take() {
      const { bytes, count } = groups()
      const copy = bytes.slice()
      reset()
      return groupsOver(layout, copy.buffer, 0, count)
    },
    reset,
    counts: () => ({
      recordCount: counter(Control.record),
      discardedCount: counter(Control.discarded),
      shortCount: counter(Control.short),
      filteredCount: counter(Control.filtered),
    }),
  }
}

function slotCountOf({ groupsMax }: GroupLayout): number {
  return 2 ** Math.ceil(Math.log2(2 * groupsMax))
}
