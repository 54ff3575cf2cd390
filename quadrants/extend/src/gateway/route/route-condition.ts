import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { HeaderMatch, QueryMatch, RouteMatchSpec } from '../config/route-spec.ts'
import { queryParameter } from './query-parameter.ts'
import { fieldName } from './field-name.ts'
import { textMatcher } from './text-matcher.ts'

/** What a route asks for besides its path. */
export type RouteCondition = (headers: HeaderMap, query: string) => boolean

/** Undefined where it asks for nothing. */
export function routeCondition(match: RouteMatchSpec): RouteCondition | undefined {
  const conditions: RouteCondition[] = []
  if (match.methods.length > 0) {
    const methods = new Set(match.methods)
    conditions.push((headers) => methods.has(headers.get(':method') ?? ''))
  }
  for (const header of match.headers) conditions.push(headerCondition(header))
  for (const parameter of match.query) conditions.push(queryCondition(parameter))
  const [first] = conditions
  if (conditions.length <= 1) return first
  return (headers, query) => conditions.every((condition) => condition(headers, query))
}

/** A field that is not there matches nothing, inverted or not, but that it is not there. */
function headerCondition({ name: written, value, isInverted }: HeaderMatch): RouteCondition {
  const name = fieldName(written)
  if (value === undefined) return (headers) => headers.has(name) !== isInverted
  if (value.kind === 'range') {
    const { start, end } = value
    return (headers) => {
      const text = joined(headers, name)
      if (text === undefined) return false
      const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      return (number >= start && number < end) !== isInverted
    }
  }
  const matches = textMatcher(value)
  return (headers) => {
    const text = joined(headers, name)
    return text !== undefined && matches(text) !== isInverted
  }
}

/** Fields of one name say the same as one with commas (RFC 9110 5.2). */
function joined(headers: HeaderMap, name: string): string | undefined {
  const index = headers.names.indexOf(name)
  if (index === -1) return undefined
  return headers.names.indexOf(name, index + 1) === -1
    ? headers.values[index]
    : headers.getAll(name).join(',')
}

function queryCondition({ name, value }: QueryMatch): RouteCondition {
  if (value === undefined) return (_headers, query) => queryParameter(query, name) !== undefined
  const matches = textMatcher(value)
  return (_headers, query) => {
    const text = queryParameter(query, name)
    return text !== undefined && matches(text)
  }
}
