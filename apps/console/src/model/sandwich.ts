import { CallTreeBuilder, type CallTree } from './call-tree.ts'

/** One function between those that led to it and those that it led to. Both trees have it as their one root. */
export interface Sandwich {
  /** Upside down: a node's children are its callers. */
  readonly callers: CallTree
  readonly callees: CallTree
}

/**
 * Of a function that calls itself, the outermost call counts: each sample once, with what leads to it above, and the inner
 * calls below.
 */
export function sandwichOf(tree: CallTree, func: number): Sandwich {
  const callers = new CallTreeBuilder()
  const callees = new CallTreeBuilder()
  /** 1 + the node in `callees`, for nodes in or below a call of the function. */
  const below = new Int32Array(tree.parent.length)
  for (let node = 0; node < tree.parent.length; node++) {
    const parent = tree.parent[node]!
    const isInside = parent >= 0 && below[parent]! > 0
    if (!isInside && tree.func[node] !== func) continue
    // The function itself is marked as inlined nowhere: it is so in some of its callers.
    const at = isInside
      ? callees.child(below[parent]! - 1, tree.func[node]!, tree.inlined[node]!)
      : callees.child(-1, func, 0)
    below[node] = at + 1
    callees.addSelf(at, tree.self[node]!)
    callees.offerLine(at, tree.line[node]!, tree.total[node]!)
    if (!isInside) addCallers(callers, tree, node)
  }
  return { callers: callers.build(tree.functions), callees: callees.build(tree.functions) }
}

function addCallers(callers: CallTreeBuilder, tree: CallTree, call: number) {
  const weight = tree.total[call]!
  let at = callers.child(-1, tree.func[call]!, 0)
  callers.offerLine(at, tree.line[call]!, weight)
  for (let node = tree.parent[call]!; node >= 0; node = tree.parent[node]!) {
    at = callers.child(at, tree.func[node]!, tree.inlined[node]!)
    callers.offerLine(at, tree.line[node]!, weight)
  }
  callers.addSelf(at, weight)
}
