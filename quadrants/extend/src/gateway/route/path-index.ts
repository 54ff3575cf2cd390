import type { PathMatch } from '../config/route-spec.ts'
import { compilePattern, type Pattern } from '../pattern/compile-pattern.ts'
import { PrefixTree } from './prefix-tree.ts'

/**
 * Which of many routes is the first whose path matches and which is accepted otherwise. Equal paths and prefixes cost a
 * look-up, however many there are; patterns are tried one after the other, as far as they come before what is found.
 */
export class PathIndex {
  readonly #exact = new Map<string, number[]>()
  readonly #folded = new Map<string, number[]>()
  readonly #prefixes = new PrefixTree()
  readonly #foldedPrefixes = new PrefixTree()
  readonly #patterns: { readonly order: number; readonly pattern: Pattern }[] = []
  #isFolding = false

  /** In ascending order. */
  add(order: number, match: PathMatch, isCaseSensitive: boolean): void {
    if (match.kind === 'regex') {
      this.#patterns.push({ order, pattern: compilePattern(match.pattern) })
      return
    }
    if (!isCaseSensitive) this.#isFolding = true
    const path = isCaseSensitive ? match.path : match.path.toLowerCase()
    if (match.kind === 'prefix') {
      const tree = isCaseSensitive ? this.#prefixes : this.#foldedPrefixes
      tree.add(path, { order, isSegment: match.isSegment })
      return
    }
    const map = isCaseSensitive ? this.#exact : this.#folded
    const orders = map.get(path)
    if (orders) orders.push(order)
    else map.set(path, [order])
  }

  /** -1 where there is none. */
  find(path: string, accepts: (order: number) => boolean): number {
    let best = firstOf(this.#exact.get(path), Infinity, accepts)
    best = this.#prefixes.find(path, best, accepts)
    if (this.#isFolding) {
      const folded = path.toLowerCase()
      best = firstOf(this.#folded.get(folded), best, accepts)
      best = this.#foldedPrefixes.find(folded, best, accepts)
    }
    for (const { order, pattern } of this.#patterns) {
      if (order >= best) break
      if (pattern.matches(path) && accepts(order)) return order
    }
    return best === Infinity ? -1 : best
  }
}

function firstOf(
  orders: readonly number[] | undefined,
  limit: number,
  accepts: (order: number) => boolean,
): number {
  if (orders)
    for (const order of orders) {
      if (order >= limit) break
      if (accepts(order)) return order
    }
  return limit
}
