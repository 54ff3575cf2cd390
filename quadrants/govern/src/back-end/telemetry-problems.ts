import type { EffectivePolicies } from '../ir/effective.ts'
import { type Problem, unsupported } from './problem.ts'

/** TelemetryPolicies, where spans and lines of all routes are decided about elsewhere. */
export function telemetryProblems(
  { TelemetryPolicy: policy }: EffectivePolicies,
  message: string,
  fix: string,
): readonly Problem[] {
  return [policy?.sampling, policy?.accessLog, policy?.attributes].flatMap((decided) =>
    decided?.claim ? [unsupported(decided.claim.origin, message, fix)] : [],
  )
}
