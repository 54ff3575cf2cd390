import { functionNumbers } from './function-numbers.ts'
import { countsByPath, type StackFrame, type Stacks } from './stacks.ts'

/** A function called from one place in the tree, with all that it called there. */
export interface FlameNode {
  /** Undefined at the root, which stands for all samples. */
  readonly frame: StackFrame | undefined
  /** Samples of it and what it called. */
  readonly total: number
  /** Samples of it alone. */
  readonly own: number
  /** The heaviest first. */
  readonly children: readonly FlameNode[]
}

interface GrowingNode {
  readonly frame: StackFrame | undefined
  total: number
  own: number
  readonly byFunction: Map<number, GrowingNode>
}

/** Stacks as one tree: calls of the same function from the same place are one. */
export function flameTree({ frames, samples }: Pick<Stacks, 'frames' | 'samples'>): FlameNode {
  const { numberOf, functions } = functionNumbers(frames)
  const root = grow(undefined)
  for (const [path, count] of countsByPath(samples)) {
    root.total += count
    let at = root
    for (const frame of path) {
      const number = numberOf[frame]!
      let child = at.byFunction.get(number)
      if (!child) {
        child = grow(functions[number])
        at.byFunction.set(number, child)
      }
      child.total += count
      at = child
    }
    at.own += count
  }
  return grown(root)
}

function grow(frame: StackFrame | undefined): GrowingNode {
  return { frame, total: 0, own: 0, byFunction: new Map() }
}

/** Stacks have a limit of depth, so recursion has one. */
function grown({ frame, total, own, byFunction }: GrowingNode): FlameNode {
  const children = Array.from(byFunction.values(), grown).toSorted(
    (a, b) => b.total - a.total || (a.frame!.function < b.frame!.function ? -1 : 1),
  )
  return { frame, total, own, children }
}
