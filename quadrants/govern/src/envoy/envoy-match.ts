import type { MatchIr, PathMatchIr, TextFieldMatchIr } from '../ir/match.ts'
import { type EnvoyJson, regex } from './envoy-json.ts'
import type { RequestTerm } from './request-term.ts'

/** `RouteMatch`. @param more what a request has to be like besides */
export function routeMatch({ path, method, headers, query }: MatchIr, more: RequestTerm): EnvoyJson {
  const fields = [
    ...(method === undefined ? [] : [{ name: ':method', string_match: { exact: method } }]),
    ...fieldMatchers(headers),
    ...more.headers,
  ]
  const parameters = [...queryMatchers(query), ...more.query]
  return {
    ...pathSpecifier(path),
    ...(fields.length === 0 ? {} : { headers: fields }),
    ...(parameters.length === 0 ? {} : { query_parameters: parameters }),
  }
}

function pathSpecifier(path: PathMatchIr | undefined): EnvoyJson {
  switch (path?.kind) {
    case undefined:
      return { prefix: '/' }
    case 'exact':
      return { path: path.path }
    case 'prefix':
      return { path_separated_prefix: path.path }
    case 'regex':
      return { safe_regex: regex(path.pattern) }
  }
}

export function fieldMatchers(fields: readonly TextFieldMatchIr[]): readonly EnvoyJson[] {
  return fields.map(({ name, value }) => ({ name, string_match: stringMatch(value) }))
}

export function queryMatchers(fields: readonly TextFieldMatchIr[]): readonly EnvoyJson[] {
  return fields.map(({ name, value }) => ({ name, string_match: stringMatch(value) }))
}

export function stringMatch(value: TextFieldMatchIr['value']): EnvoyJson {
  return value.kind === 'exact' ? { exact: value.value } : { safe_regex: regex(value.pattern) }
}

/** A path as a pattern for the whole of it. */
export function pathPattern(path: PathMatchIr): string {
  switch (path.kind) {
    case 'exact':
      return escapedPath(path.path)
    case 'prefix':
      return `${escapedPath(path.path)}(?:/[^?]*)?`
    case 'regex':
      return `(?:${path.pattern})`
  }
}

/** `:path` has the query, too. */
export function pathHeaderMatcher(path: PathMatchIr): EnvoyJson {
  return { name: ':path', string_match: { safe_regex: regex(`${pathPattern(path)}(?:\\?.*)?`) } }
}

/** `StringMatcher` of `url_path`, which has no query. */
export function urlPathMatcher(path: PathMatchIr): EnvoyJson {
  return { path: path.kind === 'exact' ? { exact: path.path } : { safe_regex: regex(pathPattern(path)) } }
}

function escapedPath(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
