import type { ConditionIr, MatchIr, PathMatchIr, TextFieldMatchIr } from '../ir/match.ts'
import type { Origin } from '../ir/origin.ts'
import type { ResourceOf } from '../policy/document/resource.ts'
import type { HttpMatch } from '../policy/kind/http-match.ts'

type GrpcMatch = NonNullable<NonNullable<ResourceOf<'GRPCRoute'>['spec']['rules']>[number]['matches']>[number]

export const ANY_MATCH: MatchIr = { path: undefined, method: undefined, headers: [], query: [] }

/** Matches of HTTPRoutes and of policies. */
export function matchIr({ path, method, headers = [], queryParams = [] }: HttpMatch): MatchIr {
  return {
    path: pathIr(path),
    method,
    headers: headers.map((one) => fieldIr(one, one.name.toLowerCase())),
    query: queryParams.map((one) => fieldIr(one, one.name)),
  }
}

/** A call is a POST of `/service/method` (gRPC over HTTP/2, Requests). */
export function grpcMatchIr({ method, headers = [] }: GrpcMatch): MatchIr {
  return {
    ...ANY_MATCH,
    path: method && callPath(method),
    headers: headers.map((one) => fieldIr(one, one.name.toLowerCase())),
  }
}

/** What a policy or one of its rules is about; undefined: all requests. */
export function conditionIr(
  matches: readonly HttpMatch[] | undefined,
  when: string | undefined,
  origin: Origin,
): ConditionIr | undefined {
  const compared = (matches ?? []).map(matchIr)
  if (when === undefined && (compared.length === 0 || compared.some(isAny))) return undefined
  return { matches: compared.some(isAny) ? [] : compared, when, origin }
}

function isAny({ path, method, headers, query }: MatchIr): boolean {
  return path === undefined && method === undefined && headers.length + query.length === 0
}

/** `/shop/` and `/shop` are the same prefix, and `/` has everything. */
function pathIr({ type, value }: HttpMatch['path']): PathMatchIr | undefined {
  if (type === 'RegularExpression') return { kind: 'regex', pattern: value }
  if (type === 'Exact') return { kind: 'exact', path: value }
  const bare = value.replace(/\/+$/, '')
  return bare === '' ? undefined : { kind: 'prefix', path: bare }
}

function callPath({ type, service, method }: NonNullable<GrpcMatch['method']>): PathMatchIr | undefined {
  if (type === 'RegularExpression')
    return {
      kind: 'regex',
      pattern: `/${service ? `(?:${service})` : '[^/]+'}/${method ? `(?:${method})` : '[^/]+'}`,
    }
  if (service !== undefined && service !== '')
    return method === undefined || method === ''
      ? { kind: 'prefix', path: `/${service}` }
      : { kind: 'exact', path: `/${service}/${method}` }
  return method === undefined || method === ''
    ? undefined
    : { kind: 'regex', pattern: `/[^/]+/${method.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}` }
}

function fieldIr(
  { type, value }: { readonly type: string; readonly value: string },
  name: string,
): TextFieldMatchIr {
  return {
    name,
    value: type === 'RegularExpression' ? { kind: 'regex', pattern: value } : { kind: 'exact', value },
  }
}
