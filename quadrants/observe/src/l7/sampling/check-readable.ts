import type { SamplingAnalysis } from './check-sampling.ts'
import { SamplingCode, samplingDiagnostic } from './sampling-diagnostic.ts'
import type { SamplingRule } from './sampling-rule.ts'

/**
 * Takes out the rules that can match nothing here, because requests of the protocol that they are for are not captured. The others keep
 * their order.
 *
 * @param rules as `checkSamplingRules` gives them
 */
export function checkReadableRules(rules: readonly SamplingRule[]): SamplingAnalysis {
  const isRead = ({ protocol }: SamplingRule) => protocol === undefined || protocol === 'http1'
  return {
    value: rules.filter(isRead),
    diagnostics: rules
      .filter((rule) => !isRead(rule))
      .map(({ id, protocol }) =>
        samplingDiagnostic(
          SamplingCode.unread,
          `sampling rule '${id}'`,
          `is for ${protocol}, whose requests are not captured yet`,
        ),
      ),
  }
}
