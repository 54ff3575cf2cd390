import type { EndpointState } from '../endpoint-state.ts'

interface Turn {
  readonly endpoint: EndpointState
  /** It is due when the clock of turns shows this, divided by its weight. */
  turn: number
  readonly index: number
}

/**
 * Each in turn, as often as its weight says: whoever is due first has it, and is due again after 1 / weight (earliest
 * deadline first). Where it begins is random, so that not all workers begin with the same endpoint.
 */
export class RoundRobinBalancer {
  readonly #endpoints: readonly EndpointState[]
  readonly #isWeighted: boolean
  /** A binary heap, the earliest first. */
  readonly #turns: Turn[]
  #next: number

  constructor(endpoints: readonly EndpointState[], random: () => number) {
    this.#endpoints = endpoints
    this.#next = Math.floor(random() * endpoints.length)
    this.#isWeighted = endpoints.some(({ weight }) => weight !== endpoints[0]?.weight)
    this.#turns = endpoints.map((endpoint, index) => ({ endpoint, index, turn: 1 })).toSorted(compare)
    if (this.#isWeighted) for (let turn = 0; turn < this.#next; turn++) this.pick()
  }

  pick(): EndpointState {
    if (!this.#isWeighted) {
      this.#next = this.#next + 1 < this.#endpoints.length ? this.#next + 1 : 0
      return this.#endpoints[this.#next]!
    }
    const turn = this.#turns[0]!
    turn.turn++
    this.#sink()
    return turn.endpoint
  }

  #sink(): void {
    const turns = this.#turns
    let at = 0
    for (;;) {
      let least = at
      for (let child = at * 2 + 1; child <= at * 2 + 2 && child < turns.length; child++)
        if (compare(turns[child]!, turns[least]!) < 0) least = child
      if (least === at) return
      const turn = turns[at]!
      turns[at] = turns[least]!
      turns[least] = turn
      at = least
    }
  }
}

function compare(a: Turn, b: Turn): number {
  // Of fractions, without dividing: sums of rounded ones would drift.
  return a.turn * b.endpoint.weight - b.turn * a.endpoint.weight || a.index - b.index
}
