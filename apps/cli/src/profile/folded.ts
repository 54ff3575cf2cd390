import { printable } from '../output/printable.ts'
import { countsByPath, type Stacks } from './stacks.ts'

/**
 * One stack a line, outermost call first, then its samples: `main.main;main.work 12`, as flame graph programs read
 * it. A semicolon in a name would be a call of its own, so it is written as a colon.
 */
export function foldedStacks({ frames, samples }: Pick<Stacks, 'frames' | 'samples'>): string {
  const names = frames.map((frame) => printable(frame.function.toWellFormed()).replaceAll(';', ':'))
  const counts = new Map<string, number>()
  for (const [path, count] of countsByPath(samples)) {
    const line = path.map((frame) => names[frame]!).join(';')
    counts.set(line, (counts.get(line) ?? 0) + count)
  }
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([line, count]) => `${line} ${count}\n`)
    .join('')
}
