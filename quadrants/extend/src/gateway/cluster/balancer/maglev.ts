import type { EndpointState } from '../endpoint-state.ts'
import { hash32 } from '../hash.ts'

const SECOND_SEED = 0x9747b28c

interface Filler {
  readonly offset: number
  readonly skip: number
  readonly share: number
  next: number
  due: number
}

/**
 * Maglev's table (Eisenbud et al., 3.4): each endpoint fills free places in an order of its own, in turns by its weight. A
 * look-up is one read; when an endpoint goes, little else moves.
 */
export class MaglevBalancer {
  readonly #endpoints: readonly EndpointState[]
  readonly #table: Int32Array

  constructor(endpoints: readonly EndpointState[], tableSize: number) {
    // Whoever lists them in another order is to have the same table.
    this.#endpoints = endpoints.toSorted((a, b) => (a.address < b.address ? -1 : 1))
    this.#table = new Int32Array(tableSize).fill(-1)
    const heaviest = Math.max(...endpoints.map(({ weight }) => weight))
    const fillers = this.#endpoints.map(({ address, weight }) => ({
      offset: hash32(address) % tableSize,
      skip: tableSize > 1 ? (hash32(address, SECOND_SEED) % (tableSize - 1)) + 1 : 1,
      share: weight / heaviest,
      next: 0,
      due: 0,
    }))
    this.#fill(fillers)
  }

  pick(hash: number): EndpointState {
    return this.#endpoints[this.#table[hash % this.#table.length]!]!
  }

  #fill(fillers: readonly Filler[]): void {
    const table = this.#table
    let free = table.length
    for (let round = 1; ; round++)
      for (const [index, filler] of fillers.entries()) {
        // Lighter ones miss turns: they have had `share` of the rounds.
        if (filler.due + 1 > round * filler.share + 1e-9) continue
        filler.due++
        let place: number
        do place = (filler.offset + filler.next++ * filler.skip) % table.length
        while (table[place] !== -1)
        table[place] = index
        if (--free === 0) return
      }
  }
}
