import { RE2JS } from '@bufbuild/re2'
import type { ConditionIr, MatchIr, TextFieldMatchIr } from '../ir/match.ts'
import { type EvaluatedRequest, headerOf, pathOf, queryOf } from './evaluated-request.ts'
import { isTrue } from './expression.ts'

/** Whether a request is as a match says: all of it. */
export function fitsMatch({ path, method, headers, query }: MatchIr, request: EvaluatedRequest): boolean {
  return (
    (method === undefined || request.method === method) &&
    fitsPath(path, pathOf(request)) &&
    headers.every((field) => fitsText(field, headerOf(request, field.name))) &&
    query.every((field) => fitsText(field, parameter(queryOf(request), field.name)))
  )
}

export function fitsCondition(
  { matches, when }: Pick<ConditionIr, 'matches' | 'when'>,
  request: EvaluatedRequest,
): boolean {
  return (
    (matches.length === 0 || matches.some((match) => fitsMatch(match, request))) &&
    (when === undefined || isTrue(when, request))
  )
}

function fitsPath(path: MatchIr['path'], actual: string): boolean {
  switch (path?.kind) {
    case undefined:
      return true
    case 'exact':
      return actual === path.path
    case 'prefix':
      return actual === path.path || actual.startsWith(`${path.path}/`)
    case 'regex':
      return wholly(path.pattern, actual)
  }
}

function fitsText({ value }: TextFieldMatchIr, actual: string | undefined): boolean {
  if (actual === undefined) return false
  return value.kind === 'exact' ? actual === value.value : wholly(value.pattern, actual)
}

const PATTERNS = new Map<string, RE2JS>()
const PATTERNS_MAX = 1024

/** RE2, on the whole text. */
function wholly(pattern: string, text: string): boolean {
  let compiled = PATTERNS.get(pattern)
  if (compiled === undefined) {
    if (PATTERNS.size >= PATTERNS_MAX) PATTERNS.clear()
    PATTERNS.set(pattern, (compiled = RE2JS.compile(pattern)))
  }
  return compiled.testExact(text)
}

/** The first of the name, as it was written. */
function parameter(query: string, name: string): string | undefined {
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    if ((equals === -1 ? pair : pair.slice(0, equals)) === name)
      return equals === -1 ? '' : pair.slice(equals + 1)
  }
  return undefined
}
