import type { Origin } from './origin.ts'

/** What a request has to be like: all of it. Made of matches of HTTPRoute, GRPCRoute and policies alike. */
export interface MatchIr {
  /** Undefined: any. Of the path without its query, as it is after normalisation. */
  readonly path: PathMatchIr | undefined
  readonly method: string | undefined
  readonly headers: readonly TextFieldMatchIr[]
  readonly query: readonly TextFieldMatchIr[]
}

/** Which requests something is about: one of the matches fits (none: all), and the expression is true as well. */
export interface ConditionIr {
  readonly matches: readonly MatchIr[]
  /** CEL; what cannot be evaluated is not true. */
  readonly when: string | undefined
  readonly origin: Origin
}

export type PathMatchIr =
  | { readonly kind: 'exact'; readonly path: string }
  /** Ends where a segment does: `/shop` has `/shop` and `/shop/cart`, but not `/shopping`. `/` has all. */
  | { readonly kind: 'prefix'; readonly path: string }
  /** RE2, the whole path. */
  | { readonly kind: 'regex'; readonly pattern: string }

/** Several fields of one name are compared as one, joined by commas; of query parameters the first counts. */
export interface TextFieldMatchIr {
  /** Of headers in small letters. */
  readonly name: string
  readonly value:
    | { readonly kind: 'exact'; readonly value: string }
    /** RE2, the whole value. */
    | { readonly kind: 'regex'; readonly pattern: string }
}
