import { SampleKind } from '@quadrant/proto'

/** What samples are told apart by, in the API's words for it. */
export const SAMPLE_KINDS = [
  {
    id: 'program',
    kind: SampleKind.UNSPECIFIED,
    title: 'Program',
    about: "The program's own work",
  },
  {
    id: 'gc',
    kind: SampleKind.GC,
    title: 'Collector',
    about: 'Garbage collection: its workers, assists and sweeping',
  },
  {
    id: 'runtime',
    kind: SampleKind.RUNTIME,
    title: 'Runtime',
    about: "The scheduler and the rest of the runtime, with no frame of the program's under it",
  },
] as const
export type SampleKindId = (typeof SAMPLE_KINDS)[number]['id']

/** The kinds that count when one more is switched, in their own order: none of them is all. */
export function toggleKind(kinds: readonly SampleKindId[], id: SampleKindId): readonly SampleKindId[] {
  const next = SAMPLE_KINDS.map((entry) => entry.id).filter(
    (entry) => (entry === id) !== kinds.includes(entry),
  )
  return next.length === SAMPLE_KINDS.length ? [] : next
}
