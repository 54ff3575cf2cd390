import type { RequestView } from './request-view.ts'

/**
 * A part of an expression whose type is known before any request, as a closure. Undefined is CEL's error: an attribute
 * that is not there. It is no value, and only `&&`, `||` and `?:` can do without one.
 */
export type Term =
  | { readonly type: 'bool'; readonly run: (request: RequestView) => boolean | undefined }
  | { readonly type: 'string'; readonly run: (request: RequestView) => string | undefined }
  | { readonly type: 'int'; readonly run: (request: RequestView) => number | undefined }

export type TermOf<T extends Term['type']> = Extract<Term, { readonly type: T }>

export const boolTerm = (run: TermOf<'bool'>['run']): TermOf<'bool'> => ({ type: 'bool', run })
export const stringTerm = (run: TermOf<'string'>['run']): TermOf<'string'> => ({ type: 'string', run })
export const intTerm = (run: TermOf<'int'>['run']): TermOf<'int'> => ({ type: 'int', run })
