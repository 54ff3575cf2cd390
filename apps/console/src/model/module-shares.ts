import { FrameKind } from '@quadrant/proto'
import type { CallTree } from './call-tree.ts'
import { frameTone, moduleName, moduleTitle, type FrameTone } from './module-tone.ts'
import type { ProfileFunction } from './stack-profile.ts'

/** A module and how much of the time was spent in its own code. */
export interface ModuleShare {
  /** What a search finds it by. */
  readonly name: string
  readonly title: string
  readonly tone: FrameTone
  /** Of all samples, 0 to 1. */
  readonly share: number
}

/** All modules that have a frame: those with the most samples of their own first, then those with the widest frames. */
export function moduleShares(tree: CallTree): readonly ModuleShare[] {
  const sums = new Map<string, { self: number; widest: number; example: ProfileFunction }>()
  let all = 0
  for (let node = 0; node < tree.func.length; node++) {
    const example = tree.functions[tree.func[node]!]!
    const self = tree.self[node]!
    // What stands over stacks and is no program's own has no module either.
    if (self === 0 && example.kind === FrameKind.UNSPECIFIED) continue
    all += self
    const key = moduleName(moduleTitle(example))
    const sum = sums.get(key)
    if (sum) {
      sum.self += self
      sum.widest = Math.max(sum.widest, tree.total[node]!)
    } else sums.set(key, { self, widest: tree.total[node]!, example })
  }
  return [...sums]
    .sort(([a, x], [b, y]) => y.self - x.self || y.widest - x.widest || (a < b ? -1 : 1))
    .map(([title, { self, example }]): ModuleShare => ({
      name: moduleName(example.module),
      title,
      tone: frameTone(example),
      share: all > 0 ? self / all : 0,
    }))
}
