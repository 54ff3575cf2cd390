/** Where a prefix of a path is among the routes. */
export interface PrefixEntry {
  readonly order: number
  /** The prefix ends where a segment does. */
  readonly isSegment: boolean
}

interface TreeNode {
  label: string
  readonly children: Map<number, TreeNode>
  /** By their order. */
  entries: PrefixEntry[]
}

const SLASH = 0x2f

/** Prefixes in a radix tree: all that a path has are on one way down. */
export class PrefixTree {
  readonly #root: TreeNode = { label: '', children: new Map(), entries: [] }

  /** In ascending order. */
  add(prefix: string, entry: PrefixEntry): void {
    let node = this.#root
    let rest = prefix
    while (rest !== '') {
      const child = node.children.get(rest.charCodeAt(0))
      if (!child) {
        const leaf: TreeNode = { label: rest, children: new Map(), entries: [] }
        node.children.set(rest.charCodeAt(0), leaf)
        node = leaf
        break
      }
      const length = sharedLength(child.label, rest)
      if (length < child.label.length) split(node, child, length)
      node = node.children.get(rest.charCodeAt(0))!
      rest = rest.slice(length)
    }
    node.entries.push(entry)
  }

  /** The first in order, below `limit`, that the path has and `accepts`; `limit` where there is none. */
  find(path: string, limit: number, accepts: (order: number) => boolean): number {
    let best = firstOf(this.#root.entries, true, limit, accepts)
    let node: TreeNode | undefined = this.#root
    let at = 0
    while (at < path.length) {
      node = node.children.get(path.charCodeAt(at))
      if (!node || !path.startsWith(node.label, at)) break
      at += node.label.length
      if (node.entries.length === 0) continue
      const isAtEnd = at === path.length || path.charCodeAt(at) === SLASH || path.charCodeAt(at - 1) === SLASH
      best = firstOf(node.entries, isAtEnd, best, accepts)
    }
    return best
  }
}

function firstOf(
  entries: readonly PrefixEntry[],
  isAtEnd: boolean,
  limit: number,
  accepts: (order: number) => boolean,
): number {
  for (const { order, isSegment } of entries) {
    if (order >= limit) break
    if ((isAtEnd || !isSegment) && accepts(order)) return order
  }
  return limit
}

function sharedLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length++
  return length
}

/** Puts a node in between, so that `child` begins behind what it shares. */
function split(parent: TreeNode, child: TreeNode, length: number): void {
  const between: TreeNode = { label: child.label.slice(0, length), children: new Map(), entries: [] }
  child.label = child.label.slice(length)
  between.children.set(child.label.charCodeAt(0), child)
  parent.children.set(between.label.charCodeAt(0), between)
}
