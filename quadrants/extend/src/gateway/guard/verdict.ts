import type { Failure } from '../exchange/failure.ts'

/** What a guard has to say of a request; undefined: it may go on. */
export type Verdict =
  | {
      readonly kind: 'reply'
      readonly failure: Failure
      /** Besides those of any local reply. */
      readonly headers?: readonly (readonly [name: string, value: string])[]
      readonly grpcStatus?: number
      readonly contentType?: string
    }
  /** It goes on after this time. */
  | { readonly kind: 'delay'; readonly ms: number; readonly flags: number }
  /** It is known later: `then` is called once, with what is known by then. Gives what cancels it. */
  | { readonly kind: 'later'; readonly begin: (then: (verdict: Verdict | undefined) => void) => () => void }
