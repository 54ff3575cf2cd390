import type { Origin } from '../ir/origin.ts'

/** What becomes of a request, and who says so. */
export interface Decision {
  /** Name of the route; undefined: none matches. */
  readonly route: string | undefined
  readonly outcome: Outcome
  /** In the order in which it is decided: what was asked, and what it said. */
  readonly steps: readonly DecisionStep[]
}

export type Outcome =
  | { readonly kind: 'respond'; readonly status: number; readonly by: DecisionStep['what'] }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | {
      readonly kind: 'forward'
      /** Shares that add up to 1. */
      readonly clusters: readonly { readonly cluster: string; readonly share: number }[]
      /** Without those that get nothing of it. */
      readonly mirrors: readonly { readonly cluster: string; readonly share: number }[]
      readonly target: string
      readonly authority: string
      /** Names in small letters, without pseudo-headers. */
      readonly headers: readonly (readonly [name: string, value: string])[]
      readonly delayMs: number
      /** 0: none. */
      readonly timeoutMs: number
      readonly retries: number
      readonly filters: readonly string[]
    }

export interface DecisionStep {
  readonly what: 'route' | 'cors' | 'tokens' | 'authorization' | 'limits' | 'fault' | 'backend'
  /** Such as the name of the rule. */
  readonly said: string
  /** It would, but only counts. */
  readonly isShadow?: boolean
  readonly origin: Origin | undefined
}
