import { encoded } from './path-labels.ts'

/** Everything that a rule can have wrong. */
export const RouteRuleCode = {
  tooMany: 'ROUTE001',
  service: 'ROUTE002',
  start: 'ROUTE003',
  tooLong: 'ROUTE004',
  name: 'ROUTE005',
  duplicate: 'ROUTE006',
  wildcard: 'ROUTE007',
  character: 'ROUTE008',
} as const
export type RouteRuleCode = (typeof RouteRuleCode)[keyof typeof RouteRuleCode]

/** One segment of a pattern: as it is, one of any kind between what is literal, or all that follow. */
export type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'one'; readonly before: string; readonly after: string }
  | { readonly kind: 'rest' }

const NAME = /^[a-z_]\w*$/i
/** Printable ASCII that a path may have as it is; others are written with `%`. */
const PATTERN_CHARACTER = /[\x21\x24-\x3e\x40-\x7e%]/

/** A segment of a pattern, and what is wrong with it. */
export interface ReadSegment {
  readonly label: string
  readonly part: Part
  readonly name?: string
  readonly wrong?: { readonly code: RouteRuleCode; readonly text: string; readonly at: number }
}

/** @param last nothing follows it. */
export function readSegment(segment: string, last: boolean): ReadSegment {
  if (segment === '**' || (segment === '*' && last)) {
    const wrong = last ? undefined : { code: RouteRuleCode.wildcard, text: "has '**' before its end", at: 0 }
    return { label: segment, part: { kind: 'rest' }, ...(wrong && { wrong }) }
  }
  if (segment === '*') return { label: '*', part: { kind: 'one', before: '', after: '' } }
  const [, before, braced, after] = /^([^{}]*)\{([^{}]*)\}([^{}]*)$/.exec(segment) ?? []
  if (braced !== undefined) return readPlaceholder(before!, braced, after!, last)
  if (segment.startsWith(':')) return readPlaceholder('', segment.slice(1), '', last)
  return {
    label: encodedLiteral(segment),
    part: { kind: 'literal', text: encodedLiteral(segment) },
    ...badCharacter(segment, 0),
  }
}

function readPlaceholder(before: string, braced: string, after: string, last: boolean): ReadSegment {
  const rest = braced.endsWith('...')
  const name = rest ? braced.slice(0, -3) : braced
  const label = `${encodedLiteral(before)}{${braced}}${encodedLiteral(after)}`
  const part: Part = rest
    ? { kind: 'rest' }
    : { kind: 'one', before: encodedLiteral(before), after: encodedLiteral(after) }
  const wrong = NAME.test(name)
    ? rest && (!last || before !== '' || after !== '')
      ? { code: RouteRuleCode.wildcard, text: `has '{${braced}}' before its end`, at: before.length }
      : undefined
    : { code: RouteRuleCode.name, text: `has '${name}', which is no name,`, at: before.length }
  return {
    label,
    part,
    name,
    ...badCharacter(before, 0),
    ...badCharacter(after, before.length),
    ...(wrong && { wrong }),
  }
}

function badCharacter(literal: string, at: number): { wrong?: ReadSegment['wrong'] } {
  for (let i = 0; i < literal.length; i++) {
    const char = literal[i]!
    if (!PATTERN_CHARACTER.test(char) || char === '{' || char === '}')
      return { wrong: { code: RouteRuleCode.character, text: `has ${JSON.stringify(char)}`, at: at + i } }
    if (char === '*')
      return { wrong: { code: RouteRuleCode.wildcard, text: "has '*' within a segment", at: at + i } }
  }
  return {}
}

function encodedLiteral(text: string): string {
  return encoded(decoded(text))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
