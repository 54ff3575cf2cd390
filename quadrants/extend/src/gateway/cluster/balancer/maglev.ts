import type { EndpointState } from '../endpoint-state.ts'
import { hash32 } from '../hash.ts'

const SECOND_SEED = 0x9747b28c

/**
 * Maglev's table (Eisenbud et al., 3.4): each endpoint fills free places in an order of its own, in turns by its weight. A
 * look-up is one read; when an endpoint goes, little else moves.
 */
export class MaglevBalancer {
  readonly #endpoints: readonly EndpointState[]
  readonly #table: Int32Array

  constructor(endpoints: readonly EndpointState[], tableSize: number) {
    // Whoever lists them in another order has the same table.
    this.#endpoints = endpoints.toSorted((a, b) => (a.address < b.address ? -1 : 1))
    this.#table = tableOf(this.#endpoints, tableSize)
  }

  pick(hash: number): EndpointState {
    return this.#endpoints[this.#table[hash % this.#table.length]!]!
  }
}

function tableOf(endpoints: readonly EndpointState[], size: number): Int32Array {
  const table = new Int32Array(size).fill(-1)
  const heaviest = Math.max(...endpoints.map(({ weight }) => weight))
  const shares = Float64Array.from(endpoints, ({ weight }) => weight / heaviest)
  const turns = new Int32Array(endpoints.length)
  const places = Int32Array.from(endpoints, ({ address }) => hash32(address) % size)
  const skips = Int32Array.from(endpoints, ({ address }) => (hash32(address, SECOND_SEED) % (size - 1)) + 1)
  let free = size
  for (let round = 1; ; round++)
    for (let index = 0; index < endpoints.length; index++) {
      // Lighter ones miss turns: they have had their share of the rounds.
      if (turns[index]! + 1 > round * shares[index]! + 1e-9) continue
      turns[index]!++
      const skip = skips[index]!
      let place = places[index]!
      while (table[place] !== -1) {
        place += skip
        if (place >= size) place -= size
      }
      table[place] = index
      places[index] = place
      if (--free === 0) return table
    }
}
