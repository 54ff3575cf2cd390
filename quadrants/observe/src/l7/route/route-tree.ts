import { ownCopy } from './own-copy.ts'
import { isPlaceholder } from './path-labels.ts'

/** What stands for a segment whose values are too many to be words. */
const NAME = '{name}'
/** Distinct values of a position that may all be words of an API, where the rest of the path is alike. */
export const DISTINCT_MAX = 20
/** However different the rest is, no position has more words. */
export const DISTINCT_HARD_MAX = 64

/** A position in the paths of a service. */
export interface RouteNode {
  /** What may follow, by label; undefined until something does. */
  children: Map<string, RouteNode> | undefined
  /** Of these, the ones that are no placeholders. */
  literals: number
  /** Where every new value goes, once the values of what follows are too many. */
  named: RouteNode | undefined
  /** Values that were told by name before: they keep it, and nothing new is learned of them. */
  kept: Map<string, RouteNode> | undefined
  /** A path ends here. */
  ends: boolean
  /** The route as it was told; undefined where it was not. */
  route: string | undefined
}

/**
 * What follows what in the paths of one service. A position at which more than 20 values were seen, that are alike in what
 * follows them, is a name, `{name}`, for all values that come then. What was told before keeps its route: a path that had
 * one has it for ever. The same paths in the same order make the same routes.
 */
export class RouteTree {
  readonly #root = newNode()
  readonly #nodesMax: number
  #nodes = 1

  /** @param nodesMax positions that are held; beyond them nothing new is learned. */
  constructor(nodesMax: number) {
    this.#nodesMax = nodesMax
  }

  get nodeCount(): number {
    return this.#nodes
  }

  /** The route that these segments were told by, if they were: by name where some are kept by name. */
  find(labels: readonly string[]): string | undefined {
    return find(this.#root, labels, 0)
  }

  /** The position at which the path ends, and its route; undefined where there is no room to learn it. */
  learn(labels: readonly string[]): { readonly node: RouteNode; readonly route: string } | undefined {
    let node = this.#root
    let route = ''
    for (const label of labels) {
      let next = node.children?.get(label)
      let told = label
      if (next === undefined) {
        const literal = !isPlaceholder(label)
        if (!literal || !node.named) {
          if (this.#nodes >= this.#nodesMax) return undefined
          next = this.#add(node, label)
          // The last of too many has just become one of them: it is of the name, as those to come.
          if (literal && node.literals > DISTINCT_MAX && this.#merge(node)) next = node.children!.get(label)
        }
        if (next === undefined) {
          next = node.named!
          told = NAME
        }
      }
      route += `/${told}`
      node = next
    }
    node.ends = true
    return { node, route }
  }

  #add(node: RouteNode, label: string): RouteNode {
    const child = newNode()
    this.#nodes++
    ;(node.children ??= new Map()).set(ownCopy(label), child)
    if (!isPlaceholder(label)) node.literals++
    return child
  }

  /** Makes a name of the values at a position, if that is what they are. */
  #merge(node: RouteNode): boolean {
    const words = wordsOf(node)
    const names = node.literals > DISTINCT_HARD_MAX ? words : namesOf(words)
    if (names.length === 0) return false
    if (!node.named) {
      node.named = newNode()
      this.#nodes++
    }
    for (const [label, child] of names) {
      node.children!.delete(label)
      node.literals--
      this.#join(node.named, child)
      this.#nodes -= prune(child)
      if (isTold(child)) (node.kept ??= new Map()).set(label, child)
      else this.#nodes--
    }
    return true
  }

  /** Adds what follows one value to what follows the name. */
  #join(into: RouteNode, from: RouteNode): void {
    into.ends ||= from.ends
    for (const [label, child] of from.children ?? []) {
      const named = into.named !== undefined && !isPlaceholder(label) && !into.children?.has(label)
      let next = named ? into.named : into.children?.get(label)
      if (next === undefined) {
        if (this.#nodes >= this.#nodesMax) continue
        next = this.#add(into, label)
      }
      this.#join(next, child)
    }
    if (from.named) {
      if (!into.named) {
        into.named = newNode()
        this.#nodes++
      }
      this.#join(into.named, from.named)
    }
    if (into.literals > DISTINCT_MAX) this.#merge(into)
  }
}

function newNode(): RouteNode {
  return {
    children: undefined,
    literals: 0,
    named: undefined,
    kept: undefined,
    ends: false,
    route: undefined,
  }
}

function find(node: RouteNode, labels: readonly string[], i: number): string | undefined {
  if (i === labels.length) return node.route
  const label = labels[i]!
  const child = node.children?.get(label)
  if (child) return find(child, labels, i + 1)
  const kept = node.kept?.get(label)
  const route = kept && find(kept, labels, i + 1)
  if (route !== undefined || !node.named || isPlaceholder(label)) return route
  return find(node.named, labels, i + 1)
}

type Word = readonly [label: string, node: RouteNode]

function wordsOf(node: RouteNode): Word[] {
  return [...node.children!].filter(([label]) => !isPlaceholder(label))
}

/**
 * Which of the values are names: those after which nothing comes, or what comes after others of them too. A value that is
 * followed by ids is the word for a kind of things, `/orders/{id}`. None where these are not too many.
 */
function namesOf(words: readonly Word[]): Word[] {
  const followers = new Map<string, number>()
  for (const [, node] of words)
    for (const [label] of node.children ?? [])
      if (!isPlaceholder(label)) followers.set(label, (followers.get(label) ?? 0) + 1)
  const names = words.filter(
    ([, { children, named }]) =>
      (!children && !named) || [...(children?.keys() ?? [])].some((label) => followers.get(label)! > 1),
  )
  return names.length > DISTINCT_MAX ? names : []
}

/** Takes away what was never told; gives the number of positions that it took. */
function prune(node: RouteNode): number {
  let taken = 0
  for (const children of [node.children, node.kept])
    for (const [label, child] of children ?? []) {
      taken += prune(child)
      if (!isTold(child)) {
        children!.delete(label)
        taken++
      }
    }
  if (node.named) {
    taken += prune(node.named)
    if (!isTold(node.named)) {
      node.named = undefined
      taken++
    }
  }
  return taken
}

/** After `prune`: whether there is anything told at or below it. */
function isTold(node: RouteNode): boolean {
  return (
    node.route !== undefined ||
    node.named !== undefined ||
    (node.children?.size ?? 0) + (node.kept?.size ?? 0) > 0
  )
}
