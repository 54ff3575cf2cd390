import type { EndpointState } from '../endpoint-state.ts'

/** Of some at random the one with the fewest requests under way for its weight ("power of two choices"). */
export class LeastRequestBalancer {
  readonly #endpoints: readonly EndpointState[]
  readonly #choiceCount: number
  readonly #random: () => number

  constructor(endpoints: readonly EndpointState[], choiceCount: number, random: () => number) {
    this.#endpoints = endpoints
    this.#choiceCount = choiceCount
    this.#random = random
  }

  pick(): EndpointState {
    let best = this.#sample()
    for (let choice = 1; choice < this.#choiceCount; choice++) {
      const other = this.#sample()
      if ((other.activeRequests + 1) * best.weight < (best.activeRequests + 1) * other.weight) best = other
    }
    return best
  }

  #sample(): EndpointState {
    return this.#endpoints[Math.floor(this.#random() * this.#endpoints.length)]!
  }
}
