import type { Decided } from '../ir/effective.ts'
import type { ConditionIr } from '../ir/match.ts'
import { conditionIr } from './matches.ts'

/** `matches` and `when` of a policy that is about some requests alone. */
export function policyCondition(effective: {
  readonly matches?: Decided<Parameters<typeof conditionIr>[0] & {}>
  readonly when?: Decided<string>
}): ConditionIr | undefined {
  const { matches, when } = effective
  const origin = when?.claim?.origin ?? matches?.claim?.origin
  return origin && conditionIr(matches?.value, when?.value, origin)
}
