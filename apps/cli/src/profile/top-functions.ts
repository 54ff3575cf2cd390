import { formatShare } from '@quadrant/core'
import type { Column } from '../output/table.ts'
import { shortName } from './function-name.ts'
import { functionNumbers } from './function-numbers.ts'
import { formatSamples } from './sample-time.ts'
import { countsByPath, type StackFrame, type Stacks } from './stacks.ts'

export interface FunctionRow {
  readonly frame: StackFrame
  /** Samples in which it ran itself. */
  readonly flat: number
  /** Samples in which it was on the stack, however often. */
  readonly cumulative: number
}

/** Functions by the processor time that they took themselves, then by what was called from them. */
export function topFunctions({ frames, samples }: Pick<Stacks, 'frames' | 'samples'>): FunctionRow[] {
  const { numberOf, functions } = functionNumbers(frames)
  const flat = new Float64Array(functions.length)
  const cumulative = new Float64Array(functions.length)
  /** Last stack that was counted for it, so that recursion counts once. */
  const seenIn = new Int32Array(functions.length).fill(-1)
  for (const [i, [path, count]] of [...countsByPath(samples)].entries()) {
    for (const frame of path) {
      const number = numberOf[frame]!
      if (seenIn[number] === i) continue
      seenIn[number] = i
      cumulative[number]! += count
    }
    const innermost = path.at(-1)
    if (innermost !== undefined) flat[numberOf[innermost]!]! += count
  }
  return functions
    .map((frame, number) => ({ frame, flat: flat[number]!, cumulative: cumulative[number]! }))
    .filter((row) => row.cumulative > 0)
    .toSorted(
      (a, b) =>
        b.flat - a.flat || b.cumulative - a.cumulative || (a.frame.function < b.frame.function ? -1 : 1),
    )
}

export interface FunctionColumnOptions {
  /** Samples of all. */
  readonly total: number
  readonly frequencyHz: number
  /** Names without the path of their package, for a terminal: the module stands beside them. */
  readonly isShort: boolean
}

/** Columns of the functions of a profile. */
export function functionColumns({
  total,
  frequencyHz,
  isShort,
}: FunctionColumnOptions): readonly Column<FunctionRow>[] {
  const time = (samples: number) => (samples === 0 ? '' : formatSamples(samples, frequencyHz))
  const share = (samples: number) => (samples === 0 ? '' : formatShare(samples / total))
  return [
    { title: 'FLAT', cell: (row) => time(row.flat), align: 'right' },
    { title: 'FLAT %', cell: (row) => share(row.flat), align: 'right' },
    { title: 'CUM', cell: (row) => time(row.cumulative), align: 'right' },
    { title: 'CUM %', cell: (row) => share(row.cumulative), align: 'right' },
    {
      title: 'FUNCTION',
      cell: ({ frame }) => (isShort ? shortName(frame.function) : frame.function),
      min: 32,
    },
    { title: 'MODULE', cell: ({ frame }) => frame.module, min: 12, colour: () => 'dim' },
  ]
}
