import type { CallTree } from './call-tree.ts'
import { frameTone, moduleName, moduleTitle, type FrameTone } from './module-tone.ts'

/** A module and how much of the time was spent in its own code. */
export interface ModuleShare {
  /** What a search finds it by. */
  readonly name: string
  readonly title: string
  readonly tone: FrameTone
  /** Of all samples, 0 to 1. */
  readonly share: number
}

/** Modules by their own samples, the most first. */
export function moduleShares(tree: CallTree): readonly ModuleShare[] {
  const sums = new Map<string, { self: number; example: CallTree['functions'][number] }>()
  let all = 0
  for (let node = 0; node < tree.func.length; node++) {
    const self = tree.self[node]!
    if (self === 0) continue
    all += self
    const example = tree.functions[tree.func[node]!]!
    const key = moduleName(moduleTitle(example))
    const sum = sums.get(key)
    if (sum) sum.self += self
    else sums.set(key, { self, example })
  }
  return [...sums]
    .map(([title, { self, example }]): ModuleShare => ({
      name: moduleName(example.module),
      title,
      tone: frameTone(example),
      share: self / all,
    }))
    .sort((a, b) => b.share - a.share || (a.title < b.title ? -1 : 1))
}
