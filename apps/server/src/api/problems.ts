import { create } from '@bufbuild/protobuf'
import type { Diagnostic } from '@quadrant/core'
import { SamplingProblemSchema, Severity, type SamplingProblem } from '@quadrant/proto'

const SEVERITIES = { error: Severity.ERROR, warning: Severity.WARNING, info: Severity.INFO } as const

/** What is to be said of rules, for whoever gave them. */
export function problemsOf(
  diagnostics: readonly (Diagnostic & { readonly place: string })[],
): SamplingProblem[] {
  return diagnostics.map(({ code, severity, place, message, fix = '' }) =>
    create(SamplingProblemSchema, { code, severity: SEVERITIES[severity], place, message, fix }),
  )
}
