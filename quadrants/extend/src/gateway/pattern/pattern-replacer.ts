import { hasByte } from './byte-set.ts'
import type { PatternStep } from './pattern-program.ts'

/** Each match is a pass over the rest of the text: what is behind this many stays as it is. */
const REPLACEMENTS_MAX = 32

interface Thread {
  readonly step: number
  /** Where groups begin and end; -1 is nowhere. */
  readonly slots: readonly number[]
}

/** `\1` to `\9`, `\0`, `\\`; each part is a text or the number of a group. */
export function substitutionParts(substitution: string): readonly (string | number)[] {
  return [...substitution.matchAll(/\\(\d)|\\(.)|[^\\]+|\\$/gs)].map(([whole, group, other]) =>
    group === undefined ? (other ?? whole) : Number(group),
  )
}

/**
 * Puts a text in place of each match, leftmost first and with the preferences of backtracking matchers, but all ways at
 * once (Pike's machine), so that the time is bounded by the text times the pattern.
 */
export class PatternReplacer {
  readonly #steps: readonly PatternStep[]
  readonly #slotCount: number

  constructor(steps: readonly PatternStep[], groupCount: number) {
    this.#steps = steps
    this.#slotCount = (groupCount + 1) * 2
  }

  replaceAll(text: string, parts: readonly (string | number)[]): string {
    let result = ''
    let from = 0
    let copied = 0
    for (let count = 0; count < REPLACEMENTS_MAX && from <= text.length; count++) {
      const slots = this.#search(text, from)
      if (!slots) break
      const [begin = 0, end = 0] = slots
      from = end === begin ? end + 1 : end
      // An empty match right behind another one is none (RE2's GlobalReplace).
      if (end === begin && begin === copied && count > 0) continue
      result += text.slice(copied, begin)
      for (const part of parts) result += typeof part === 'string' ? part : groupText(text, slots, part)
      copied = end
    }
    return result + text.slice(copied)
  }

  /** Slots of the first match from there on. */
  #search(text: string, from: number): readonly number[] | undefined {
    let threads: Thread[] = []
    let found: readonly number[] | undefined
    for (let at = from; at <= text.length; at++) {
      const seen = new Set<number>()
      const next: Thread[] = []
      for (const { step, slots } of threads) this.#follow(step, slots, at, text.length, seen, next)
      if (!found) {
        const slots = new Array<number>(this.#slotCount).fill(-1)
        slots[0] = at
        this.#follow(0, slots, at, text.length, seen, next)
      }
      threads = []
      const code = text.charCodeAt(at)
      for (const { step: index, slots } of next) {
        const step = this.#steps[index]!
        if (step.kind === 'match') {
          found = slots.with(1, at)
          break
        }
        if (step.kind === 'byte' && code < 256 && hasByte(step.set, code))
          threads.push({ step: step.next, slots })
      }
      if (threads.length === 0 && found) return found
    }
    return found
  }

  #follow(
    start: number,
    slots: readonly number[],
    at: number,
    length: number,
    seen: Set<number>,
    next: Thread[],
  ): void {
    const stack: Thread[] = [{ step: start, slots }]
    for (let thread = stack.pop(); thread; thread = stack.pop()) {
      if (seen.has(thread.step)) continue
      seen.add(thread.step)
      const step = this.#steps[thread.step]!
      if (step.kind === 'split')
        stack.push({ step: step.other, slots: thread.slots }, { step: step.next, slots: thread.slots })
      else if (step.kind === 'save') stack.push({ step: step.next, slots: thread.slots.with(step.slot, at) })
      else if (step.kind === 'begin' || step.kind === 'end') {
        if (at === (step.kind === 'begin' ? 0 : length)) stack.push({ step: step.next, slots: thread.slots })
      } else next.push(thread)
    }
  }
}

function groupText(text: string, slots: readonly number[], group: number): string {
  const begin = slots[group * 2] ?? -1
  const end = slots[group * 2 + 1] ?? -1
  return begin === -1 || end === -1 ? '' : text.slice(begin, end)
}
