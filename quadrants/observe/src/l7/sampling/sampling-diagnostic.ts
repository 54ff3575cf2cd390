import type { Diagnostic, Severity } from '@quadrant/core'

/** Everything that sampling rules can have wrong. */
export const SamplingCode = {
  tooMany: 'SAMPLE001',
  id: 'SAMPLE002',
  duplicate: 'SAMPLE003',
  header: 'SAMPLE004',
  value: 'SAMPLE005',
  glob: 'SAMPLE006',
  protocol: 'SAMPLE007',
  rate: 'SAMPLE008',
  cap: 'SAMPLE009',
  secret: 'SAMPLE010',
  unreachable: 'SAMPLE011',
  everything: 'SAMPLE012',
} as const
export type SamplingCode = (typeof SamplingCode)[keyof typeof SamplingCode]

export interface SamplingDiagnostic extends Diagnostic {
  readonly code: SamplingCode
  /** Where it is, e.g. `sampling_rules[2].header`. */
  readonly place: string
}

/** A diagnostic whose message begins with its place. */
export function samplingDiagnostic(
  code: SamplingCode,
  place: string,
  problem: string,
  { severity = 'error', fix }: { readonly severity?: Severity; readonly fix?: string } = {},
): SamplingDiagnostic {
  const found = { code, severity, place, message: `${place} ${problem}` }
  return fix === undefined ? found : { ...found, fix }
}
