import { POLICY_CODES } from '@quadrant/govern/policy-codes'
import type { Explanation } from './explanation.ts'

/** What can be wrong with policies: as the policy language says it itself. */
export const POLICY_EXPLANATIONS: Readonly<Record<string, Explanation>> = Object.fromEntries(
  Object.values(POLICY_CODES).map(({ code, title, about }) => [code, { title, text: about }]),
)
