import type { BpfMap } from '@quadrant/ebpf'
import { RecordKind } from './record.ts'

/** What one stage has lost so far, and why. */
export interface DropCount {
  readonly stage: string
  readonly reason: string
  /** Cumulative. */
  readonly count: number
}

/** What one stage has handled so far: seen = kept + dropped. */
export interface StageCount {
  readonly stage: string
  readonly seen: number
  readonly kept: number
}

/** Indices of the map `drops`, see `enum drop_index` in bpf/emit.h; a record kind is its own index. */
const LOSSES: ReadonlyArray<readonly [index: number, stage: string, reason: string]> = [
  [RecordKind.state, 'kernel.ring', 'full: state'],
  [RecordKind.destroy, 'kernel.ring', 'full: destroy'],
  [RecordKind.reset, 'kernel.ring', 'full: reset'],
  [RecordKind.udpClose, 'kernel.ring', 'full: udp-close'],
  [RecordKind.send, 'kernel.ring', 'full: send'],
  [RecordKind.receive, 'kernel.ring', 'full: receive'],
  [RecordKind.exec, 'kernel.ring', 'full: exec'],
  [RecordKind.fork, 'kernel.ring', 'full: fork'],
  [RecordKind.exit, 'kernel.ring', 'full: exit'],
  [60, 'kernel.map.udp', 'table full'],
  [61, 'kernel.map.udp', 'call table full'],
  [62, 'kernel.map.targets', 'new process'],
]

/** Reads the kernel programs' own loss counters: one counter a CPU and reason, added up. */
export function readLosses(drops: BpfMap): readonly DropCount[] {
  const key = new Uint32Array(1)
  const keyBytes = new Uint8Array(key.buffer)
  const value = new Uint8Array(8 * drops.cpuCount)
  const view = new DataView(value.buffer)
  return LOSSES.map(([index, stage, reason]) => {
    key[0] = index
    drops.lookup(keyBytes, value)
    let count = 0
    for (let at = 0; at < value.length; at += 8) count += Number(view.getBigUint64(at, true))
    return { stage, reason, count }
  })
}
