import type { TextMatch } from '../config/text-match.ts'
import { compilePattern } from '../pattern/compile-pattern.ts'

export type TextMatcher = (text: string) => boolean

/** @throws {PatternError} where it is a pattern that cannot be used. */
export function textMatcher(match: TextMatch): TextMatcher {
  if (match.kind === 'regex') {
    const pattern = compilePattern(match.pattern)
    return (text) => pattern.matches(text)
  }
  if (match.ignoreCase) {
    const matcher = plainMatcher(match.kind, match.value.toLowerCase())
    return (text) => matcher(text.toLowerCase())
  }
  return plainMatcher(match.kind, match.value)
}

function plainMatcher(kind: 'exact' | 'prefix' | 'suffix' | 'contains', value: string): TextMatcher {
  switch (kind) {
    case 'exact':
      return (text) => text === value
    case 'prefix':
      return (text) => text.startsWith(value)
    case 'suffix':
      return (text) => text.endsWith(value)
    case 'contains':
      return (text) => text.includes(value)
  }
}
