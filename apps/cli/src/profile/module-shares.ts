import { FrameKind } from '@quadrant/proto'
import type { StackFrame, Stacks } from './stacks.ts'

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
  for (const { path, count } of samples) {
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
