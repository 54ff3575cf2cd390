import { CallTreeBuilder, sumUp, type CallTree } from './call-tree.ts'
import { moduleName } from './module-tone.ts'
import type { ProfileFunction } from './stack-profile.ts'

/**
 * Two trees in one: a node for each path that one of them has. A frame is as wide as its shares of A and of B together, so
 * that what is new and what is gone can both be seen, and a frame still is as wide as what it calls.
 */
export function diffTrees(a: CallTree, b: CallTree): CallTree {
  const builder = new CallTreeBuilder()
  const { functions, ofA, ofB } = joinFunctions(a.functions, b.functions)
  const placeA = graft(builder, a, ofA)
  const placeB = graft(builder, b, ofB)
  const selfA = new Float64Array(builder.count)
  const selfB = new Float64Array(builder.count)
  // Two functions of one side can be the same here: they differ in their module's version alone.
  a.self.forEach((self, node) => (selfA[placeA[node]!]! += self))
  b.self.forEach((self, node) => (selfB[placeB[node]!]! += self))
  for (let node = 0; node < builder.count; node++)
    builder.addSelf(node, share(selfA[node]!, a.weight) + share(selfB[node]!, b.weight))
  const tree = builder.build(functions)
  return {
    ...tree,
    compared: {
      selfA,
      selfB,
      totalA: sumUp(tree.parent, selfA),
      totalB: sumUp(tree.parent, selfB),
      weightA: a.weight,
      weightB: b.weight,
    },
  }
}

export function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0
}

function graft(builder: CallTreeBuilder, tree: CallTree, functionOf: Int32Array): Int32Array {
  const place = new Int32Array(tree.parent.length)
  for (let node = 0; node < tree.parent.length; node++) {
    const parent = tree.parent[node]!
    const at = builder.child(
      parent < 0 ? -1 : place[parent]!,
      functionOf[tree.func[node]!]!,
      tree.inlined[node]!,
    )
    builder.offerLine(at, tree.line[node]!, tree.total[node]!)
    place[node] = at
  }
  return place
}

/** A function is the same in two builds though its module has another version, or its file another folder. */
function joinFunctions(a: readonly ProfileFunction[], b: readonly ProfileFunction[]) {
  const functions: ProfileFunction[] = []
  const known = new Map<string, number>()
  const place = (list: readonly ProfileFunction[]) =>
    Int32Array.from(list, (source) => {
      const key = `${source.kind}\n${moduleName(source.module)}\n${source.name}`
      let at = known.get(key)
      if (at === undefined) {
        known.set(key, (at = functions.length))
        functions.push(source)
      }
      return at
    })
  const ofA = place(a)
  return { ofA, ofB: place(b), functions }
}

/** How the share of a frame has changed from B to A. */
export interface ShareChange {
  readonly kind: 'more' | 'less' | 'same'
  /** Of all samples of each, 0 to 1. */
  readonly shareA: number
  readonly shareB: number
  /** A's less B's. */
  readonly delta: number
}

interface SamplePair {
  readonly a: number
  readonly b: number
  readonly weightA: number
  readonly weightB: number
}

/** Counts of samples sway by chance: a change of less than so many deviations is called the same. */
const DEVIATIONS_MIN = 2

export function shareChange({ a, b, weightA, weightB }: SamplePair): ShareChange {
  const [shareA, shareB] = [share(a, weightA), share(b, weightB)]
  const delta = shareA - shareB
  // As of a Poisson process: the variance of a count is its mean; one that is 0 could as well have been 1.
  const deviation = Math.sqrt(share(Math.max(a, 1), weightA ** 2) + share(Math.max(b, 1), weightB ** 2))
  const isSame = weightA === 0 || weightB === 0 || Math.abs(delta) <= DEVIATIONS_MIN * deviation
  return { kind: isSame ? 'same' : delta > 0 ? 'more' : 'less', shareA, shareB, delta }
}

/** `+3.2 points`, `−12 points`: the change in points of a percent of all samples. */
export function deltaText(delta: number): string {
  const points = Math.abs(delta) * 100
  const text = points >= 9.95 ? points.toFixed(0) : points.toFixed(points < 0.95 ? 2 : 1)
  return `${delta < 0 ? '−' : '+'}${text} points`
}
