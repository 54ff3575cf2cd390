import { globMatch } from '@quadrant/core'
import type { SamplingRule } from './sampling-rule.ts'

/**
 * Which rules are for a service, a bit for each by its place among them: a word of `struct sampling_scope`. Rules
 * that name no service have no bit; the kernel does not ask for it.
 */
export function samplingScope(rules: readonly SamplingRule[], service: string): number {
  let bits = 0
  for (const [i, rule] of rules.entries())
    if (rule.service !== undefined && globMatch(rule.service, service)) bits |= 1 << i
  return bits >>> 0
}
