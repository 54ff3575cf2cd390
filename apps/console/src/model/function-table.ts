import type { CallTree } from './call-tree.ts'
import type { ProfileFunction } from './stack-profile.ts'

/** One function over all its places in the tree. Samples; a function that calls itself has each of them once. */
export interface FunctionRow {
  readonly index: number
  readonly source: ProfileFunction
  readonly self: number
  readonly total: number
  /** Line of its heaviest place, 0 where it is not known. */
  readonly line: number
}

/** All functions of the tree, those with the most samples of their own first. */
export function functionTable(tree: CallTree): readonly FunctionRow[] {
  const count = tree.functions.length
  const self = new Float64Array(count)
  const line = new Uint32Array(count)
  const heaviest = new Float64Array(count)
  for (let node = 0; node < tree.func.length; node++) {
    const func = tree.func[node]!
    self[func]! += tree.self[node]!
    if (tree.total[node]! > heaviest[func]!) {
      heaviest[func] = tree.total[node]!
      line[func] = tree.line[node]!
    }
  }
  const total = outermostWeights(tree)
  const rows: FunctionRow[] = []
  tree.functions.forEach((source, index) => {
    if (heaviest[index]! > 0)
      rows.push({ index, source, self: self[index]!, total: total[index]!, line: line[index]! })
  })
  return rows.sort((a, b) => b.self - a.self || b.total - a.total || (a.source.name < b.source.name ? -1 : 1))
}

/** Weight of each function, counted where it is not below another call of itself. */
export function outermostWeights(tree: CallTree, weights: Float64Array = tree.total): Float64Array {
  const sums = new Float64Array(tree.functions.length)
  const open = new Uint8Array(tree.functions.length)
  walkTree(tree, {
    enter: (node) => {
      const func = tree.func[node]!
      if (open[func]! > 0) return false
      open[func] = 1
      sums[func]! += weights[node]!
      return true
    },
    leave: (node) => {
      open[tree.func[node]!] = 0
    },
  })
  return sums
}

/** Weight under any of the functions that are marked with 1: each sample once. */
export function weightUnder(tree: CallTree, marked: Uint8Array): number {
  let sum = 0
  /** 1 where the node or one above it is marked. */
  const under = new Uint8Array(tree.parent.length)
  for (let node = 0; node < tree.parent.length; node++) {
    const parent = tree.parent[node]!
    if (parent >= 0 && under[parent]) under[node] = 1
    else if (marked[tree.func[node]!]) {
      under[node] = 1
      sum += tree.total[node]!
    }
  }
  return sum
}

interface Visits {
  /** Whether `leave` is to be called for this node. */
  readonly enter: (node: number) => boolean
  readonly leave: (node: number) => void
}

/** Depth first, without recursion: stacks may be deep. */
function walkTree({ parent }: CallTree, { enter, leave }: Visits) {
  const count = parent.length
  const firstChild = new Int32Array(count).fill(-1)
  const nextSibling = new Int32Array(count).fill(-1)
  let firstRoot = -1
  for (let node = count - 1; node >= 0; node--) {
    const above = parent[node]!
    if (above < 0) {
      nextSibling[node] = firstRoot
      firstRoot = node
    } else {
      nextSibling[node] = firstChild[above]!
      firstChild[above] = node
    }
  }
  const entered = new Uint8Array(count)
  let node = firstRoot
  while (node >= 0) {
    if (enter(node)) entered[node] = 1
    if (firstChild[node]! >= 0) {
      node = firstChild[node]!
      continue
    }
    for (;;) {
      if (entered[node]) leave(node)
      if (nextSibling[node]! >= 0) {
        node = nextSibling[node]!
        break
      }
      node = parent[node]!
      if (node < 0) return
    }
  }
}
