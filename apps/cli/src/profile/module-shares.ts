import { FrameKind } from '@quadrant/proto'
import { countsByPath, type StackFrame, type Stacks } from './stacks.ts'

export interface ModuleShare {
  readonly module: string
  /** One of its frames. */
  readonly frame: StackFrame
  /** Samples whose innermost call is the module's. */
  readonly samples: number
}

/** Modules by the processor time that their own functions took. */
export function moduleShares({ frames, samples }: Pick<Stacks, 'frames' | 'samples'>): ModuleShare[] {
  const shares = new Map<string, { frame: StackFrame; samples: number }>()
  for (const [path, count] of countsByPath(samples)) {
    const frame = frames[path.at(-1) ?? -1]
    if (!frame) continue
    const module = frame.module || (frame.kind === FrameKind.KERNEL ? '[kernel]' : 'not known')
    const known = shares.get(module)
    if (known) known.samples += count
    else shares.set(module, { frame, samples: count })
  }
  return Array.from(shares, ([module, share]) => ({ module, ...share })).toSorted(
    (a, b) => b.samples - a.samples || (a.module < b.module ? -1 : 1),
  )
}

/** The module that is on most stacks, but for the standard library, the kernel and what has no name of a file. */
export function mainModule({ frames, samples }: Pick<Stacks, 'frames' | 'samples'>): string | undefined {
  const counts = new Map<string, number>()
  for (const [path, count] of countsByPath(samples))
    for (const module of new Set(path.map((frame) => frames[frame]!.module)))
      if (module !== '' && module !== 'std' && !module.startsWith('['))
        counts.set(module, (counts.get(module) ?? 0) + count)
  let main: string | undefined
  for (const [module, count] of counts) if (main === undefined || count > counts.get(main)!) main = module
  return main
}
