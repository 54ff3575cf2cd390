import { SampleKind } from '@quadrant/proto'

/** What a sample can be of, as it is typed and shown (GetProfileRequest.kinds). */
export const SAMPLE_KINDS = ['program', 'gc', 'runtime'] as const

/** `program`, `gc`, `runtime`, or the number of a later version's. */
export function sampleKindName(kind: number): string {
  switch (kind) {
    case SampleKind.UNSPECIFIED:
      return 'program'
    case SampleKind.GC:
      return 'gc'
    case SampleKind.RUNTIME:
      return 'runtime'
    default:
      return String(kind)
  }
}
