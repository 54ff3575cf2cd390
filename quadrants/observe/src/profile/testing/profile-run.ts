import { setTimeout as pause } from 'node:timers/promises'
import type { ProfileWindow, SampleKind } from '@quadrant/proto'
import type { DropCount, StageCount } from '../../kernel/loss.ts'
import type { ImageId } from '../process-image.ts'
import type { SourceFrame } from '../source-frame.ts'
import { openProfiler, type ProfilerOptions, type ProfilerReport } from '../profiler.ts'

const POLL_MS = 40
const TICK_MS = 500
const WINDOW_MS_MAX = 30_000

export interface ToldStack {
  readonly pid: number
  readonly startTicks: number
  /** The outermost first. */
  readonly frames: readonly SourceFrame[]
  readonly count: number
  readonly kind: SampleKind
  readonly isBroken: boolean
  readonly timeNs: number
}

export interface ProfileRun<T> {
  readonly result: T
  readonly windows: readonly ProfileWindow[]
  readonly stacks: readonly ToldStack[]
  readonly drops: readonly DropCount[]
  readonly stages: readonly StageCount[]
  readonly report: ProfilerReport
}

/** Profiles the machine while something runs, until all of it is told. */
export async function profileWhile<T>(
  options: ProfilerOptions,
  run: (configure: (frequencyHz: number) => void) => Promise<T>,
): Promise<ProfileRun<T>> {
  using profiler = openProfiler({ frequencyHz: 99, ...options })
  const windows: ProfileWindow[] = []
  const processes: ImageId[] = []
  const indexes = new Map<string, number>()
  const take = () =>
    profiler.take(Date.now() * 1e6, (id) => {
      const key = `${id.pid}@${id.startTicks}`
      const index = indexes.get(key) ?? processes.push(id) - 1
      indexes.set(key, index)
      return index
    })
  const polls = setInterval(() => profiler.poll(), POLL_MS)
  const ticks = setInterval(() => windows.push(...take()), TICK_MS)
  const waitFor = async (isThere: () => boolean) => {
    for (let waitedMs = 0; !isThere(); waitedMs += POLL_MS) {
      if (waitedMs > WINDOW_MS_MAX) throw new Error('a window was not told')
      await pause(POLL_MS)
    }
  }
  try {
    // The thread has begun to work when it tells its first window: on a busy machine it takes seconds to start.
    await waitFor(() => windows.length > 0)
    const result = await run((frequencyHz) => profiler.configure({ frequencyHz }))
    const endNs = Date.now() * 1e6
    profiler.configure({ frequencyHz: 0 })
    await waitFor(() => windows.at(-1)!.endNs >= endNs)
    return {
      result,
      windows,
      stacks: windows.flatMap((window) => stacksOf(window, processes)),
      drops: profiler.drops().filter(({ count }) => count > 0),
      stages: profiler.stages(),
      report: profiler.report(),
    }
  } finally {
    clearInterval(polls)
    clearInterval(ticks)
  }
}

function stacksOf(window: ProfileWindow, processes: readonly ImageId[]): ToldStack[] {
  const { strings, nodeFrame, nodeParent } = window
  const frames = window.frames.map((frame): SourceFrame => ({
    ...frame,
    function: strings[frame.function]!,
    file: strings[frame.file]!,
    module: strings[frame.module]!,
  }))
  const path = (node: number): SourceFrame[] =>
    node === 0 ? [] : [...path(nodeParent[node - 1]!), frames[nodeFrame[node - 1]!]!]
  return window.sampleNode.map((node, row) => ({
    ...processes[window.sampleProcess[row]!]!,
    frames: path(node),
    count: window.sampleCount[row]!,
    kind: window.sampleKind[row]! as SampleKind,
    isBroken: window.sampleBroken[row] === 1,
    timeNs: window.startNs + window.sampleOffsetUs[row]! * 1000,
  }))
}

export function sampleCount(stacks: readonly ToldStack[]): number {
  return stacks.reduce((sum, { count }) => sum + count, 0)
}

/** Whether it has a frame of this name, whatever is around it. */
export function hasFrame({ frames }: ToldStack, name: string): boolean {
  return frames.some((frame) => frame.function === name)
}
