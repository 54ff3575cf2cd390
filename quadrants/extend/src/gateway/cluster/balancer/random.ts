import type { EndpointState } from '../endpoint-state.ts'

/** Any, by weight. */
export class RandomBalancer {
  readonly #endpoints: readonly EndpointState[]
  readonly #random: () => number
  /** Sums of the weights so far. */
  readonly #sums: Float64Array

  constructor(endpoints: readonly EndpointState[], random: () => number) {
    this.#endpoints = endpoints
    this.#random = random
    let sum = 0
    this.#sums = Float64Array.from(endpoints, ({ weight }) => (sum += weight))
  }

  pick(): EndpointState {
    const sums = this.#sums
    const value = this.#random() * sums.at(-1)!
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > value) high = middle
      else low = middle + 1
    }
    return this.#endpoints[low]!
  }
}
