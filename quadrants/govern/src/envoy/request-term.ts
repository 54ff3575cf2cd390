import { parse } from '@bufbuild/cel'
import type { ConditionIr, MatchIr } from '../ir/match.ts'
import type { EnvoyJson } from './envoy-json.ts'
import { fieldMatchers, pathHeaderMatcher, queryMatchers } from './envoy-match.ts'

/** What a request has to be like: all of it. `HeaderMatcher` and `QueryParameterMatcher` of Envoy. */
export interface RequestTerm {
  readonly headers: readonly EnvoyJson[]
  readonly query: readonly EnvoyJson[]
}

const TERMS_MAX = 16

/**
 * A condition as terms, one of which fits: what matchers of headers can say. Undefined: they cannot say this one. A header
 * that is not there fits no matcher, inverted or not, as an expression over it is an error, and not true.
 */
export function requestTerms({
  matches,
  when,
}: Pick<ConditionIr, 'matches' | 'when'>): readonly RequestTerm[] | undefined {
  const matched: readonly RequestTerm[] = matches.length === 0 ? [ALL] : matches.map(matchTerm)
  if (when === undefined) return matched
  const parsed = parse(`${when}\n`).expr
  const expressed = parsed && termsOf(parsed, false)
  return expressed && product(matched, expressed)
}

const ALL: RequestTerm = { headers: [], query: [] }

export function matchTerm({ path, method, headers, query }: MatchIr): RequestTerm {
  return {
    headers: [
      ...(path === undefined ? [] : [pathHeaderMatcher(path)]),
      ...(method === undefined ? [] : [{ name: ':method', string_match: { exact: method } }]),
      ...fieldMatchers(headers),
    ],
    query: queryMatchers(query),
  }
}

export function bothTerms(a: RequestTerm, b: RequestTerm): RequestTerm {
  return { headers: [...a.headers, ...b.headers], query: [...a.query, ...b.query] }
}

type Expression = NonNullable<ReturnType<typeof parse>['expr']>

function product(a: readonly RequestTerm[], b: readonly RequestTerm[]): readonly RequestTerm[] | undefined {
  if (a.length * b.length > TERMS_MAX) return undefined
  return a.flatMap((one) => b.map((other) => bothTerms(one, other)))
}

function termsOf({ exprKind }: Expression, isInverted: boolean): readonly RequestTerm[] | undefined {
  if (exprKind.case === 'selectExpr' && exprKind.value.testOnly) {
    const name =
      exprKind.value.operand && attributeOf(exprKind.value.operand) === 'headers'
        ? exprKind.value.field
        : undefined
    return name === undefined ? undefined : presence(name, isInverted)
  }
  if (exprKind.case !== 'callExpr') return undefined
  const { function: name, target, args } = exprKind.value
  const [first, second] = args
  if (name === '!_') return first && termsOf(first, !isInverted)
  if ((name === '_&&_' || name === '_||_') && first && second) {
    const left = termsOf(first, isInverted)
    const right = termsOf(second, isInverted)
    if (!left || !right) return undefined
    if ((name === '_&&_') !== isInverted) return product(left, right)
    return left.length + right.length > TERMS_MAX ? undefined : [...left, ...right]
  }
  if (target) return first && methodTerm(name, target, first, isInverted)
  if (!first || !second) return undefined
  if (name === '_==_' || name === '_!=_') {
    const header = headerOf(first) ?? headerOf(second)
    const value = textOf(second) ?? textOf(first)
    if (header === undefined || value === undefined) return undefined
    return atom(header, { exact: value }, isInverted !== (name === '_!=_'))
  }
  if (name === '@in') {
    const wanted = textOf(first)
    if (wanted !== undefined && attributeOf(second) === 'headers') return presence(wanted, isInverted)
    const header = headerOf(first)
    if (header === undefined || second.exprKind.case !== 'listExpr') return undefined
    const values = second.exprKind.value.elements.map(textOf)
    if (values.includes(undefined)) return undefined
    return atom(header, { safe_regex: { regex: (values as string[]).map(escaped).join('|') } }, isInverted)
  }
  return undefined
}

function methodTerm(name: string, target: Expression, argument: Expression, isInverted: boolean) {
  const header = headerOf(target)
  const value = textOf(argument)
  if (header === undefined || value === undefined) return undefined
  switch (name) {
    case 'startsWith':
      return atom(header, { safe_regex: { regex: `${escaped(value)}[\\s\\S]*` } }, isInverted)
    case 'endsWith':
      return atom(header, { suffix: value }, isInverted)
    case 'contains':
      return atom(header, { contains: value }, isInverted)
    case 'matches':
      return atom(header, { safe_regex: { regex: `[\\s\\S]*(?:${value})[\\s\\S]*` } }, isInverted)
    default:
      return undefined
  }
}

/** A path without its query is part of `:path`. */
function atom(header: string, match: EnvoyJson, isInverted: boolean): readonly RequestTerm[] | undefined {
  const invert = isInverted ? { invert_match: true } : {}
  if (header !== URL_PATH) return [{ headers: [{ name: header, string_match: match, ...invert }], query: [] }]
  const pattern = patternOf(match)
  if (pattern === undefined) return undefined
  return [
    {
      headers: [
        { name: ':path', string_match: { safe_regex: { regex: `(?:${pattern})(?:\\?.*)?` } }, ...invert },
      ],
      query: [],
    },
  ]
}

function patternOf(match: EnvoyJson): string | undefined {
  const { exact, safe_regex: compiled } = match as { exact?: string; safe_regex?: { regex: string } }
  if (exact !== undefined) return escaped(exact)
  // What could reach into the query would be another question.
  return compiled?.regex.endsWith('[\\s\\S]*') && !compiled.regex.startsWith('[')
    ? `${compiled.regex.slice(0, -'[\\s\\S]*'.length)}[^?]*`
    : undefined
}

function presence(name: string, isInverted: boolean): readonly RequestTerm[] {
  return [{ headers: [{ name: name.toLowerCase(), present_match: !isInverted }], query: [] }]
}

const URL_PATH = 'url_path'
const HEADERS: Readonly<Record<string, string>> = {
  path: ':path',
  method: ':method',
  host: ':authority',
  scheme: ':scheme',
  referer: 'referer',
  useragent: 'user-agent',
  url_path: URL_PATH,
}

/** The field of `request` that an expression is. */
function attributeOf({ exprKind }: Expression): string | undefined {
  if (exprKind.case !== 'selectExpr' || exprKind.value.testOnly) return undefined
  const operand = exprKind.value.operand?.exprKind
  return operand?.case === 'identExpr' && operand.value.name === 'request' ? exprKind.value.field : undefined
}

function headerOf(expression: Expression): string | undefined {
  const attribute = attributeOf(expression)
  if (attribute !== undefined) return HEADERS[attribute]
  const { exprKind } = expression
  if (exprKind.case === 'selectExpr' && !exprKind.value.testOnly && exprKind.value.operand)
    return attributeOf(exprKind.value.operand) === 'headers' ? exprKind.value.field.toLowerCase() : undefined
  if (exprKind.case !== 'callExpr' || exprKind.value.function !== '_[_]') return undefined
  const [map, key] = exprKind.value.args
  return map && key && attributeOf(map) === 'headers' ? textOf(key)?.toLowerCase() : undefined
}

function textOf({ exprKind }: Expression): string | undefined {
  return exprKind.case === 'constExpr' && exprKind.value.constantKind.case === 'stringValue'
    ? exprKind.value.constantKind.value
    : undefined
}

export function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
