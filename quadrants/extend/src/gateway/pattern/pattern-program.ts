import type { ByteSet } from './byte-set.ts'
import { PatternError } from './pattern-parser.ts'
import type { PatternNode } from './pattern-node.ts'

/** One step of an automaton; `next` and `other` are indexes, and `next` is preferred. */
export type PatternStep =
  | { readonly kind: 'byte'; readonly set: ByteSet; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'save'; readonly slot: number; next: number }
  | { readonly kind: 'begin' | 'end'; next: number }
  | { readonly kind: 'match' }

/** `(a{1000}){1000}` would be a million. */
const STEPS_MAX = 2000

/** Thompson's construction: an automaton that has no more steps than the pattern has characters, times repetitions. */
export function programOf(root: PatternNode): readonly PatternStep[] {
  const steps: PatternStep[] = []
  emit(root)
  steps.push({ kind: 'match' })
  return steps

  function add<S extends PatternStep>(step: S): S {
    if (steps.length >= STEPS_MAX) throw new PatternError(`more than ${STEPS_MAX} steps when written out`, 0)
    steps.push(step)
    return step
  }

  function emit(node: PatternNode): void {
    switch (node.kind) {
      case 'byte':
        add({ kind: 'byte', set: node.set, next: steps.length + 1 })
        return
      case 'begin':
      case 'end':
        add({ kind: node.kind, next: steps.length + 1 })
        return
      case 'sequence':
        for (const one of node.nodes) emit(one)
        return
      case 'choice':
        emitChoice(node.nodes)
        return
      case 'group':
        if (node.index === undefined) emit(node.node)
        else {
          add({ kind: 'save', slot: node.index * 2, next: steps.length + 1 })
          emit(node.node)
          add({ kind: 'save', slot: node.index * 2 + 1, next: steps.length + 1 })
        }
        return
      case 'repeat':
        emitRepeat(node)
    }
  }

  function emitChoice(nodes: readonly PatternNode[]): void {
    const ends: { next: number }[] = []
    for (const [index, node] of nodes.entries()) {
      const isLast = index === nodes.length - 1
      const split = isLast ? undefined : add({ kind: 'split', next: steps.length + 1, other: 0 })
      emit(node)
      if (!isLast) ends.push(add({ kind: 'split', next: 0, other: 0 }))
      if (split) split.other = steps.length
    }
    for (const end of ends) Object.assign(end, { next: steps.length, other: steps.length })
  }

  function emitRepeat({ node, min, max, isLazy }: PatternNode & { readonly kind: 'repeat' }): void {
    for (let count = 0; count < min; count++) emit(node)
    if (max === Infinity) {
      const split = add({ kind: 'split', next: 0, other: 0 })
      const start = steps.indexOf(split)
      emit(node)
      add({ kind: 'split', next: start, other: start })
      lead(split, start + 1, steps.length, isLazy)
      return
    }
    const splits: { readonly split: { next: number; other: number }; readonly body: number }[] = []
    for (let count = min; count < max; count++) {
      const split = add({ kind: 'split', next: 0, other: 0 })
      splits.push({ split, body: steps.length })
      emit(node)
    }
    for (const { split, body } of splits) lead(split, body, steps.length, isLazy)
  }
}

function lead(split: { next: number; other: number }, body: number, after: number, isLazy: boolean): void {
  split.next = isLazy ? after : body
  split.other = isLazy ? body : after
}
