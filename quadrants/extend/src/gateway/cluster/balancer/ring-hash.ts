import type { EndpointState } from '../endpoint-state.ts'
import { hash32 } from '../hash.ts'

/**
 * Consistent hashing (Karger et al.): each endpoint has points on a ring, as many as its weight says, and a hash belongs to
 * the next point. When an endpoint goes, only what belonged to it moves.
 */
export class RingHashBalancer {
  readonly #points: Uint32Array
  readonly #owners: readonly EndpointState[]

  constructor(endpoints: readonly EndpointState[], sizeMin: number, sizeMax: number) {
    const sum = endpoints.reduce((total, { weight }) => total + weight, 0)
    // A power of two for each unit of weight: when an endpoint comes or goes, the others mostly keep their points.
    const wanted = 2 ** Math.max(0, Math.ceil(Math.log2(sizeMin / sum)))
    const perWeight = Math.min(wanted, sizeMax / sum)
    const ring: { readonly point: number; readonly owner: EndpointState }[] = []
    for (const owner of endpoints) {
      const count = Math.max(1, Math.floor(perWeight * owner.weight))
      for (let index = 0; index < count; index++)
        ring.push({ point: hash32(`${owner.address}_${index}`), owner })
    }
    ring.sort((a, b) => a.point - b.point || (a.owner.address < b.owner.address ? -1 : 1))
    this.#points = Uint32Array.from(ring, ({ point }) => point)
    this.#owners = ring.map(({ owner }) => owner)
  }

  pick(hash: number): EndpointState {
    let low = 0
    let high = this.#points.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#points[middle]! < hash) low = middle + 1
      else high = middle
    }
    return this.#owners[low === this.#owners.length ? 0 : low]!
  }
}
