import { type BpfMap, EbpfError } from '@quadrant/ebpf'
import type { DropCount } from './loss.ts'

/** The key that is no process: while it is there, an exec makes a target. See bpf/targets.h. */
const NEW_TARGETS = 0xffffffff

/** The kernel's table of the processes whose calls are told one by one. */
export class TargetMap {
  /** Those that found no room, each counted once. */
  readonly #left = new Set<number>()
  #leftCount = 0

  /** Cumulative. */
  get drops(): readonly DropCount[] {
    return [{ stage: 'kernel.map.targets', reason: 'table full', count: this.#leftCount }]
  }

  /** Makes these the targets and no others. @throws {EbpfError} */
  replace(map: BpfMap, pids: readonly number[], newTargets: boolean): void {
    const wanted = new Set(pids)
    if (newTargets) wanted.add(NEW_TARGETS)
    for (const pid of keysOf(map)) if (!wanted.has(pid)) map.delete(keyOf(pid))
    for (const pid of this.#left) if (!wanted.has(pid)) this.#left.delete(pid)
    // The switch first: it needs a place more than any single process.
    if (newTargets) this.add(map, NEW_TARGETS)
    for (const pid of pids) this.add(map, pid)
  }

  /**
   * Takes a process out that was none up to a moment, in ns of CLOCK_MONOTONIC: what it executed since may be one.
   *
   * @throws {EbpfError}
   */
  refuse(map: BpfMap, pid: number, untilNs: number): void {
    this.#left.delete(pid)
    const key = keyOf(pid)
    const since = map.lookup(key)
    if (since === undefined) return
    if (Number(new DataView(since.buffer, since.byteOffset).getBigUint64(0, true)) <= untilNs) map.delete(key)
  }

  /** @throws {EbpfError} other than for want of room, which is counted */
  add(map: BpfMap, pid: number): void {
    try {
      map.update(keyOf(pid), ALWAYS)
      this.#left.delete(pid)
    } catch (error) {
      if (!(error instanceof EbpfError) || error.code !== 'limit') throw error
      if (this.#left.has(pid)) return
      this.#left.add(pid)
      this.#leftCount++
    }
  }
}

/** No refusal is older. */
const ALWAYS = new Uint8Array(8)

/** Read whole before any is deleted: the key after one that is gone is the first again. */
function keysOf(map: BpfMap): number[] {
  const keys: number[] = []
  for (let key = map.nextKey(); key && keys.length < map.maxEntries; key = map.nextKey(key))
    keys.push(new DataView(key.buffer, key.byteOffset).getUint32(0, true))
  return keys
}

function keyOf(pid: number): Uint8Array {
  return new Uint8Array(new Uint32Array([pid]).buffer)
}
