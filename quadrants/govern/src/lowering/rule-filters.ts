import type { EffectivePolicies } from '../ir/effective.ts'
import { type Origin, within } from '../ir/origin.ts'
import type { CorsIr, ForwardIr, HeaderEditIr, PathEditIr } from '../ir/route.ts'
import type { HttpFilter } from '../policy/kind/gateway-api/http-filter.ts'

type HeaderModifier = NonNullable<
  Extract<HttpFilter, { type: 'RequestHeaderModifier' }>['requestHeaderModifier']
>

export function rewriteOf(filters: readonly HttpFilter[], origin: Origin): ForwardIr['rewrite'] {
  for (const [index, filter] of filters.entries())
    if (filter.type === 'URLRewrite') {
      const { hostname, path } = filter.urlRewrite
      return { hostname, path: path && pathEdit(path), origin: within(origin, index, 'urlRewrite') }
    }
  return undefined
}

export function pathEdit(
  path:
    | { readonly type: 'ReplaceFullPath'; readonly replaceFullPath: string }
    | { readonly type: 'ReplacePrefixMatch'; readonly replacePrefixMatch: string },
): PathEditIr {
  return path.type === 'ReplaceFullPath'
    ? { kind: 'full', path: path.replaceFullPath }
    : { kind: 'prefix', path: path.replacePrefixMatch }
}

/** Those of the rule, then those of policies. */
export function headerEdits(
  filters: readonly HttpFilter[],
  origin: Origin,
  side: 'request' | 'response',
  { HeaderPolicy }: EffectivePolicies,
): readonly HeaderEditIr[] {
  const edits = filters.flatMap((filter, index): readonly HeaderEditIr[] => {
    if (side === 'request' && filter.type === 'RequestHeaderModifier')
      return [headerEdit(filter.requestHeaderModifier, within(origin, index, 'requestHeaderModifier'))]
    if (side === 'response' && filter.type === 'ResponseHeaderModifier')
      return [headerEdit(filter.responseHeaderModifier, within(origin, index, 'responseHeaderModifier'))]
    return []
  })
  const decided = HeaderPolicy?.[side]
  return decided?.claim ? [...edits, headerEdit(decided.value, decided.claim.origin)] : edits
}

function headerEdit({ set = [], add = [], remove = [] }: HeaderModifier, origin: Origin): HeaderEditIr {
  const lower = ({ name, value }: { readonly name: string; readonly value: string }) => ({
    name: name.toLowerCase(),
    value,
  })
  return {
    set: set.map(lower),
    add: add.map(lower),
    remove: remove.map((name) => name.toLowerCase()),
    origin,
  }
}

export function corsOf(filters: readonly HttpFilter[], origin: Origin): CorsIr | undefined {
  for (const [index, filter] of filters.entries())
    if (filter.type === 'CORS') {
      const { allowOrigins, allowCredentials, allowMethods, allowHeaders, exposeHeaders, maxAge } =
        filter.cors
      return {
        allowOrigins: allowOrigins ?? [],
        allowCredentials: allowCredentials ?? false,
        allowMethods: allowMethods ?? [],
        allowHeaders: allowHeaders ?? [],
        exposeHeaders: exposeHeaders ?? [],
        maxAgeSeconds: maxAge,
        origin: within(origin, index, 'cors'),
      }
    }
  return undefined
}
