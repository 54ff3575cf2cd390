import { CallTreeBuilder, sumUp, type CallTree } from './call-tree.ts'
import { SAMPLE_KINDS, type SampleKindId } from './sample-kinds.ts'
import { madeFunction, type ProfileFunction, type StackProfile } from './stack-profile.ts'

export const BROKEN_STACK = '(broken stack)'
export const NO_STACK = '(no stack)'

export interface MergeOptions {
  /** Kinds of samples that count. Default: all. */
  readonly kinds?: readonly SampleKindId[]
  /** Puts the stacks of each process under a frame of this name. Default: all processes together. */
  readonly processName?: (process: number) => string
}

/** The frames over each sample's stack, which no program has: its process, and that it is broken. */
export class StackRoots {
  readonly functions: ProfileFunction[]
  readonly #profile: StackProfile
  readonly #processName: MergeOptions['processName']
  readonly #roots = new Map<number, readonly number[]>()
  readonly #known = new Map<string, number>()

  constructor(profile: StackProfile, processName: MergeOptions['processName']) {
    this.functions = [...profile.functions]
    this.#profile = profile
    this.#processName = processName
  }

  /** Indices in `functions`, outermost first; the very same list for samples with the same roots. */
  of(sample: number): readonly number[] {
    const { sampleNode, sampleBroken, sampleProcess } = this.#profile
    const state = sampleNode[sample]! < 0 ? 2 : sampleBroken[sample] ? 1 : 0
    const key = (this.#processName ? sampleProcess[sample]! : 0) * STATES.length + state
    let roots = this.#roots.get(key)
    if (!roots) {
      const names = [this.#processName?.(sampleProcess[sample]!) ?? '', STATES[state]]
      roots = names.filter((name) => name !== '').map((name) => this.#function(name))
      this.#roots.set(key, roots)
    }
    return roots
  }

  #function(name: string): number {
    let at = this.#known.get(name)
    if (at === undefined) {
      this.#known.set(name, (at = this.functions.length))
      this.functions.push(madeFunction(name))
    }
    return at
  }
}

const STATES = ['', BROKEN_STACK, NO_STACK] as const

/** All samples in one tree: stacks that begin alike share their beginning. */
export function mergeStacks(profile: StackProfile, options: MergeOptions = {}): CallTree {
  const builder = new CallTreeBuilder()
  const roots = new StackRoots(profile, options.processName)
  const { nodeParent, nodeFunction, nodeInlined, nodeLine, sampleNode, sampleCount } = profile
  const weights = nodeWeights(profile)
  /** 1 + the tree's node of a stack's node, under the roots that are at work. */
  const placed = new Int32Array(nodeParent.length)
  const touched: number[] = []
  const path: number[] = []
  for (const group of samplesByRoots(profile, roots, countedKinds(options.kinds))) {
    let root = -1
    for (const func of group.roots) root = builder.child(root, func, 0)
    for (const sample of group.samples) {
      let node = sampleNode[sample]!
      while (node >= 0 && placed[node] === 0) {
        path.push(node)
        node = nodeParent[node]!
      }
      let at = node >= 0 ? placed[node]! - 1 : root
      for (let step = path.pop(); step !== undefined; step = path.pop()) {
        at = builder.child(at, nodeFunction[step]!, nodeInlined[step]!)
        builder.offerLine(at, nodeLine[step]!, weights[step]!)
        placed[step] = at + 1
        touched.push(step)
      }
      if (at >= 0) builder.addSelf(at, sampleCount[sample]!)
    }
    for (const node of touched) placed[node] = 0
    touched.length = 0
  }
  return builder.build(roots.functions)
}

/** Whether samples of a kind count. */
export function countedKinds(kinds: readonly SampleKindId[] = []): (kind: number) => boolean {
  if (kinds.length === 0) return () => true
  const counted = new Set<number>(SAMPLE_KINDS.filter(({ id }) => kinds.includes(id)).map(({ kind }) => kind))
  return (kind) => counted.has(kind)
}

function samplesByRoots(profile: StackProfile, roots: StackRoots, isCounted: (kind: number) => boolean) {
  const groups = new Map<readonly number[], { roots: readonly number[]; samples: number[] }>()
  for (let sample = 0; sample < profile.sampleNode.length; sample++) {
    if (!isCounted(profile.sampleKind[sample]!)) continue
    const above = roots.of(sample)
    const group = groups.get(above)
    if (group) group.samples.push(sample)
    else groups.set(above, { roots: above, samples: [sample] })
  }
  return groups.values()
}

function nodeWeights({ nodeParent, sampleNode, sampleCount }: StackProfile): Float64Array {
  const self = new Float64Array(nodeParent.length)
  for (let sample = 0; sample < sampleNode.length; sample++)
    if (sampleNode[sample]! >= 0) self[sampleNode[sample]!]! += sampleCount[sample]!
  return sumUp(nodeParent, self)
}
