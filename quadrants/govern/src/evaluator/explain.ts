import type { Claim, Decided, LostClaim } from '../ir/effective.ts'
import type { GatewayIr, Ir } from '../ir/gateway.ts'
import { requestPolicies } from '../back-end/request-policies.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import type { EvaluatedRequest, TokenState } from './evaluated-request.ts'
import { RateLimiter } from './rate-limiter.ts'

/** A rule that is in force for a request, and who else wanted to say it. */
export interface ExplainedRule {
  /** `TimeoutPolicy`. */
  readonly kind: string
  /** `request`. */
  readonly rule: string
  readonly value: unknown
  /** Undefined: it is what holds where nobody says anything. */
  readonly claim: Claim | undefined
  readonly lost: readonly LostClaim[]
}

export interface Explanation {
  readonly gateway: GatewayIr
  readonly port: number
  readonly decision: Decision
  readonly rules: readonly ExplainedRule[]
}

export interface ExplainOptions {
  /** What the request brings for providers of tokens. Default: what each finds right. */
  readonly tokenOf?: (provider: string) => TokenState
}

/**
 * What becomes of a request, who decides it at which level, and who lost and why, for each gateway that has its port. Limits
 * are as if nothing had come before; faults hit.
 */
export function explainRequest(
  ir: Ir,
  request: EvaluatedRequest,
  port: number,
  { tokenOf = () => ({ kind: 'right', claims: {} }) }: ExplainOptions = {},
): readonly Explanation[] {
  const protocol = request.scheme === 'https' ? 'HTTPS' : 'HTTP'
  return ir.gateways
    .filter(({ listeners }) => listeners.some((one) => one.port === port && one.protocol === protocol))
    .map((gateway) => {
      const decision = decide(gateway, port, request, { limiter: new RateLimiter(), nowMs: 0, tokenOf })
      const route = gateway.listeners
        .flatMap(({ virtualHosts }) => virtualHosts.flatMap(({ routes }) => routes))
        .find(({ name }) => name === decision.route)
      return { gateway, port, decision, rules: route === undefined ? [] : rulesOf(route) }
    })
}

function rulesOf(route: Parameters<typeof requestPolicies>[0]): readonly ExplainedRule[] {
  return Object.entries(requestPolicies(route).policies).flatMap(([kind, effective]) =>
    Object.entries(effective as Readonly<Record<string, Decided<unknown>>>).map(
      ([rule, { value, claim, lost }]): ExplainedRule => ({ kind, rule, value, claim, lost }),
    ),
  )
}
