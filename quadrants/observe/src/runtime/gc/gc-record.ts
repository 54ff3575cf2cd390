import { join64 } from '../../kernel/word.ts'
import { GC_FIELDS, GC_FIELD_COUNT, type GcField } from './gc-field.ts'

/**
 * The records of `bpf/go-gc.bpf.c`, as 32-bit word offsets. Those of places where the runtime's memory is read have
 * figures, the others end before them.
 */
export const GcWord = {
  /** ns, CLOCK_MONOTONIC; two words. */
  ts: 0,
  slot: 2,
  generation: 3,
  /** Which hit of its process it is, modulo 2^32: a gap is a lost record. */
  sequence: 4,
  /** kind | flags << 16. */
  kind: 5,
  argument: 6,
  procs: 7,
  /** A bit for each value that could be read. */
  known: 8,
  /** Two words each, in the order of {@link GC_FIELDS}. */
  values: 10,
} as const

/** `enum gc_event_flag`. */
const TELLS = 1

export const GC_EVENT_BYTES = 32
export const GC_FIGURES_BYTES = (GcWord.values + 2 * GC_FIELD_COUNT) * 4

/** Where a record comes from. */
export const GcKind = {
  /** Somebody asks for the world to be stopped; `argument` is the reason since Go 1.21. */
  stop: 1,
  /** It is about to be started … */
  start: 2,
  /** … and is. */
  started: 3,
  /** A cycle begins, while the world stands still; `argument` is what triggered it. */
  begin: 4,
  /** Marking has ended, while the world stands still. */
  markTermination: 5,
} as const

export type GcKind = (typeof GcKind)[keyof typeof GcKind]

/** What was read of the runtime's memory at a place. Numbers without sign; above 2^53 they are not exact. */
export type GcFigures = Readonly<Partial<Record<GcField, number>>>

/** One hit of one probe. */
export interface GcEvent {
  readonly ts: number
  readonly slot: number
  readonly generation: number
  readonly sequence: number
  readonly kind: GcKind
  /** Whether something is complete with it: a reader that sleeps is woken. */
  readonly tells: boolean
  readonly argument: number
  /** GOMAXPROCS where a cycle begins, else 0. */
  readonly procs: number
  readonly figures: GcFigures | undefined
}

/** Whether a record of ours is one with which something is complete. */
export function isTelling(words: Uint32Array, at: number): boolean {
  return ((words[at + GcWord.kind]! >>> 16) & TELLS) !== 0
}

/** A record as an object; undefined for what our program does not write. */
export function readGcEvent(words: Uint32Array, at: number, byteLength: number): GcEvent | undefined {
  if (byteLength !== GC_EVENT_BYTES && byteLength !== GC_FIGURES_BYTES) return undefined
  if (at < 0 || at + byteLength / 4 > words.length) return undefined
  const kind = words[at + GcWord.kind]! & 0xffff
  if (!isGcKind(kind)) return undefined
  return {
    ts: join64(words[at + GcWord.ts]!, words[at + GcWord.ts + 1]!),
    slot: words[at + GcWord.slot]!,
    generation: words[at + GcWord.generation]!,
    sequence: words[at + GcWord.sequence]!,
    kind,
    tells: isTelling(words, at),
    argument: words[at + GcWord.argument]!,
    procs: words[at + GcWord.procs]!,
    figures: byteLength === GC_FIGURES_BYTES ? readFigures(words, at) : undefined,
  }
}

function isGcKind(kind: number): kind is GcKind {
  return kind >= GcKind.stop && kind <= GcKind.markTermination
}

function readFigures(words: Uint32Array, at: number): GcFigures {
  const known = words[at + GcWord.known]!
  const figures: Partial<Record<GcField, number>> = {}
  for (const [index, [field]] of GC_FIELDS.entries()) {
    if ((known & (1 << index)) === 0) continue
    const value = at + GcWord.values + 2 * index
    figures[field] = join64(words[value]!, words[value + 1]!)
  }
  return figures
}
