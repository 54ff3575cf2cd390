import type { Program } from '@quadrant/ebpf'
import { RunCost } from './gc/run-cost.ts'
import { measureTrapCosts, NO_TRAP_COSTS, type TrapCosts } from './gc/trap-cost.ts'
import type { ProbeCounts } from './process-probes.ts'
import type { ProcessSlots, SlotId } from './process-slots.ts'

/** What probes of one program cost each process: how often they were hit, by what a trap and a run of the program take. */
export class ProbeCost implements Disposable {
  readonly #slots: ProcessSlots
  readonly #runCost: RunCost
  #trapCosts: TrapCosts

  /** @param trapCosts of a hit here. Default: measured while this begins to work, and 0 for the second until it is known */
  constructor(program: Program, slots: ProcessSlots, trapCosts?: TrapCosts) {
    this.#slots = slots
    this.#runCost = new RunCost(program)
    this.#trapCosts = trapCosts ?? NO_TRAP_COSTS
    if (trapCosts === undefined) void this.#measureTraps()
  }

  async #measureTraps(): Promise<void> {
    this.#trapCosts = await measureTrapCosts()
  }

  /** Now and then, while there are probes. */
  tick(nowNs: number): void {
    this.#runCost.tick(nowNs)
  }

  of(id: SlotId): ProbeCounts {
    const { hits, steppedHits } = this.#slots.hits(id)
    const { emulated, stepped } = this.#trapCosts
    return {
      hits,
      trapNs: (hits - steppedHits) * emulated + steppedHits * stepped,
      programNs: hits * this.#runCost.meanNs,
    }
  }

  [Symbol.dispose](): void {
    this.#runCost[Symbol.dispose]()
  }
}
