import { write64 } from '../../kernel/word.ts'
import { SlotHead, type ProcessSlots, type SlotId } from '../process-slots.ts'
import { GC_FIELD_COUNT, type GcPlanField } from './gc-field.ts'
import type { GcPlace } from './gc-places.ts'

/** `struct gc_process` of bpf/go-gc.bpf.c, as 32-bit word offsets. */
export const SlotWord = {
  ...SlotHead,
  work: 1,
  controller: 6,
  /** Two words for each kind. */
  sites: 8,
  /** Four words for each field: address, bytes and base, phases. */
  fields: 24,
} as const

/** `enum gc_base`. */
const BASES = { file: 0, controller: 1 } as const

const FIELD_WORDS = 4
export const SLOT_WORDS = SlotWord.fields + GC_FIELD_COUNT * FIELD_WORDS

/** A slot of its own for a process. @throws {EbpfError} `limit` */
export function takeGcSlot(
  slots: ProcessSlots,
  places: readonly GcPlace[],
  plan: readonly GcPlanField[],
): SlotId {
  return slots.take((words) => {
    for (const { kind, address } of places) write64(words, SlotWord.sites + 2 * kind, address)
    for (const { index, phases, base, address, bytes } of plan) {
      const field = SlotWord.fields + index * FIELD_WORDS
      write64(words, field, address)
      words[field + 2] = bytes | (BASES[base] << 16)
      words[field + 3] = phases
    }
  })
}
