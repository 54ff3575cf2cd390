// What policies mean, for one request: the reference for everything that they are compiled to.
export { decide, type DecideOptions } from './evaluator/decide.ts'
export type { Decision, DecisionStep, Outcome } from './evaluator/decision.ts'
export type { EvaluatedRequest, TokenState } from './evaluator/evaluated-request.ts'
export { RateLimiter } from './evaluator/rate-limiter.ts'
