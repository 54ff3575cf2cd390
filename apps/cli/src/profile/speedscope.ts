import { functionNumbers } from './function-numbers.ts'
import { samplesNs } from './sample-time.ts'
import type { Stacks, StackSample } from './stacks.ts'

/** A file of speedscope, in its own format (speedscope's file-format-spec), as far as sampled profiles need it. */
export interface SpeedscopeFile {
  readonly $schema: 'https://www.speedscope.app/file-format-schema.json'
  readonly shared: { readonly frames: readonly SpeedscopeFrame[] }
  readonly profiles: readonly SpeedscopeProfile[]
  readonly name: string
  readonly activeProfileIndex: number
  readonly exporter: string
}

interface SpeedscopeFrame {
  readonly name: string
  readonly file?: string
}

interface SpeedscopeProfile {
  readonly type: 'sampled'
  readonly name: string
  readonly unit: 'nanoseconds' | 'none'
  readonly startValue: number
  readonly endValue: number
  /** Indices of frames, the outermost call first. */
  readonly samples: readonly (readonly number[])[]
  readonly weights: readonly number[]
}

/** Processes that get a profile of their own beside that of all. */
const PROCESSES_MAX = 100

/** All samples as one profile, and where there are more processes than one each as one more, the busiest first. */
export function speedscopeFile(stacks: Stacks, name: string): SpeedscopeFile {
  const { numberOf, functions } = functionNumbers(stacks.frames)
  const { samples, frequencyHz } = stacks
  const numbered = new Map<readonly number[], readonly number[]>()
  const numbersOf = (path: readonly number[]) => {
    const numbers = numbered.get(path) ?? path.map((frame) => numberOf[frame]!)
    numbered.set(path, numbers)
    return numbers
  }
  const byProcess = Map.groupBy(samples, ({ process }) => process)
  const single = [...byProcess]
    .map(([process, own]) => ({ process, own, count: sum(own) }))
    .toSorted((a, b) => b.count - a.count || (a.process < b.process ? -1 : 1))
  const profile = (title: string, own: readonly StackSample[]): SpeedscopeProfile => {
    const weights = own.map(({ count }) => samplesNs(count, frequencyHz) ?? count)
    return {
      type: 'sampled',
      name: title,
      unit: frequencyHz > 0 ? 'nanoseconds' : 'none',
      startValue: 0,
      endValue: weights.reduce((total, weight) => total + weight, 0),
      samples: own.map(({ path }) => numbersOf(path)),
      weights,
    }
  }
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    shared: {
      frames: functions.map(({ function: name, file }) => (file === '' ? { name } : { name, file })),
    },
    profiles: [
      profile(single.length > 1 ? `${single.length} processes` : (single[0]?.process ?? name), samples),
      ...(single.length > 1
        ? single.slice(0, PROCESSES_MAX).map(({ process, own }) => profile(process, own))
        : []),
    ],
    name,
    activeProfileIndex: 0,
    exporter: 'quadrant',
  }
}

function sum(samples: readonly StackSample[]): number {
  return samples.reduce((total, { count }) => total + count, 0)
}
