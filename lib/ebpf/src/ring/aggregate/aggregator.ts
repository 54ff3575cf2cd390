import { KernelMemory } from '../../sys/kernel-memory.ts'
import type { RingBufferOptions } from '../ring-buffer.ts'
import { mapRing, type RingMap, ringMappingBytes } from '../ring-mapping.ts'
import { RingWait } from '../ring-wait.ts'
import type { Groups } from './groups.ts'
import { type AggregatePlan, layoutGroups } from './plan.ts'
import { type FoldCounts, foldRing, type RingFold, tableBytes } from './ring-fold.ts'

/**
 * Opens a BPF_MAP_TYPE_RINGBUF for aggregation: generated wasm drains the mapped ring, decodes, filters and groups,
 * and JavaScript reads finished groups. About a third of what one call per record costs.
 *
 * @throws {EbpfError} `argument` for a plan that cannot be
 */
export function openAggregator(
  map: RingMap,
  plan: AggregatePlan,
  options: RingBufferOptions = {},
): Aggregator {
  return new Aggregator(map, plan, options)
}

/** What {@link openAggregator} gives. A ring has one reader at a time; the map stays the caller's. */
export class Aggregator {
  readonly #memory: KernelMemory
  readonly #fold: RingFold
  readonly #wait: RingWait
  readonly #readLostCount: () => number

  constructor(map: RingMap, plan: AggregatePlan, options: RingBufferOptions) {
    using cleanup = new DisposableStack()
    const layout = layoutGroups(plan)
    const tableAt = ringMappingBytes(map)
    this.#memory = cleanup.use(new KernelMemory(tableAt + tableBytes(layout)))
    const region = mapRing(this.#memory, map)
    this.#fold = foldRing(region, layout, tableAt)
    this.#wait = cleanup.use(new RingWait([map.fd]))
    this.#readLostCount = options.readLostCount ?? (() => 0)
    cleanup.move()
  }

  /** Reads up to `recordsMax` records (default: all there are) and returns how many. @throws {EbpfError} `system` */
  drain(recordsMax = Infinity): number {
    return this.#fold.drain(recordsMax)
  }

  /** The groups as they are now, in place: valid until the next `drain`, `take` or `reset`. */
  groups(): Groups {
    return this.#fold.groups()
  }

  /** A copy of the groups, and starts new ones. */
  take(): Groups {
    return this.#fold.take()
  }

  /** Forgets all groups. */
  reset(): void {
    this.#fold.reset()
  }

  counts(): FoldCounts {
    return this.#fold.counts()
  }

  get lostCount(): number {
    return this.#readLostCount()
  }

  get wakeFd(): number {
    return this.#wait.wakeFd
  }

  /** As `RecordReader.wait`. */
  wait(timeoutMs: number): boolean {
    return this.#wait.wait(timeoutMs, this.#fold.readable)
  }

  /** As `RecordReader.interrupt`. */
  interrupt(): void {
    this.#wait.interrupt()
  }

  [Symbol.dispose](): void {
    this.#wait[Symbol.dispose]()
    this.#memory[Symbol.dispose]()
  }
}
