import type { PathRewrite, RouteMatchSpec } from '../config/route-spec.ts'
import { compilePattern } from '../pattern/compile-pattern.ts'
import { substitutionParts } from '../pattern/pattern-replacer.ts'

/** Gives another target for one that matched; the query stays. */
export type PathRewriter = (target: string) => string

/** @throws {PatternError} where it is a pattern that cannot be used. */
export function pathRewriter(rewrite: PathRewrite, match: RouteMatchSpec): PathRewriter {
  switch (rewrite.kind) {
    case 'full':
      return (target) => rewrite.path + queryOf(target)
    case 'prefix': {
      const from = match.path.kind === 'regex' ? '' : match.path.path
      const joins = match.path.kind !== 'prefix' || match.path.isSegment
      return (target) => joined(rewrite.path, target.slice(from.length), joins && from.endsWith('/'))
    }
    case 'regex': {
      const pattern = compilePattern(rewrite.pattern)
      const parts = substitutionParts(rewrite.substitution)
      return (target) => {
        const query = queryOf(target)
        const path = pattern.replaceAll(target.slice(0, target.length - query.length), parts)
        return (path.startsWith('/') ? path : `/${path}`) + query
      }
    }
  }
}

/**
 * `/` in place of `/shop` makes `/cart` of `/shop/cart`, not `//cart`; and `/new` in place of `/` makes `/new/cart` of
 * `/cart`, where segments count.
 */
function joined(path: string, rest: string, hadSlash: boolean): string {
  if (path.endsWith('/')) return path + (rest.startsWith('/') ? rest.slice(1) : rest)
  const needsSlash = hadSlash && rest !== '' && !rest.startsWith('/') && !rest.startsWith('?')
  return needsSlash ? `${path}/${rest}` : path + rest
}

function queryOf(target: string): string {
  const mark = target.indexOf('?')
  return mark === -1 ? '' : target.slice(mark)
}
