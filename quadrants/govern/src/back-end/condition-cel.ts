import type { ConditionIr, MatchIr, PathMatchIr, TextFieldMatchIr } from '../ir/match.ts'

/** A condition as one expression of CEL over Envoy's attributes; undefined where all requests fit. */
export function conditionCel({ matches, when }: Pick<ConditionIr, 'matches' | 'when'>): string | undefined {
  const parts = matches.map(matchCel)
  const any = parts.length === 0 || parts.includes(undefined) ? undefined : joined(parts as string[], ' || ')
  if (any === undefined) return when
  return when === undefined ? any : `${grouped(any)} && ${grouped(when)}`
}

function matchCel({ path, method, headers, query }: MatchIr): string | undefined {
  const parts = [
    ...(path === undefined ? [] : [pathCel(path)]),
    ...(method === undefined ? [] : [`request.method == ${literal(method)}`]),
    ...headers.map(headerCel),
    ...query.map(queryCel),
  ]
  return parts.length === 0 ? undefined : joined(parts, ' && ')
}

function pathCel(path: PathMatchIr): string {
  switch (path.kind) {
    case 'exact':
      return `request.url_path == ${literal(path.path)}`
    case 'prefix':
      return `(request.url_path == ${literal(path.path)} || request.url_path.startsWith(${literal(`${path.path}/`)}))`
    case 'regex':
      return `request.url_path.matches(${literal(`^(?:${path.pattern})$`)})`
  }
}

function headerCel({ name, value }: TextFieldMatchIr): string {
  const field = `request.headers[${literal(name)}]`
  return value.kind === 'exact'
    ? `${field} == ${literal(value.value)}`
    : `${field}.matches(${literal(`^(?:${value.pattern})$`)})`
}

/** The first parameter of the name counts, as it was written. */
function queryCel({ name, value }: TextFieldMatchIr): string {
  const wanted = value.kind === 'exact' ? escaped(value.value) : `(?:${value.pattern})`
  const other = `(?:[^&]*&)*?`
  return `request.query.matches(${literal(`^${other}${escaped(name)}=${wanted}(?:&|$)`)})`
}

function joined(parts: readonly string[], operator: string): string {
  return parts.length === 1 ? parts[0]! : parts.map(grouped).join(operator)
}

function grouped(expression: string): string {
  return `(${expression})`
}

function literal(text: string): string {
  return JSON.stringify(text)
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
