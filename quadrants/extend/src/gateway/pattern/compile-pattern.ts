import { PatternMatcher } from './pattern-matcher.ts'
import { PatternError, PatternParser } from './pattern-parser.ts'
import { programOf } from './pattern-program.ts'
import { PatternReplacer } from './pattern-replacer.ts'

/** A regular expression that takes bounded time, whatever it is and whatever text it gets. Characters are bytes. */
export interface Pattern {
  /** The whole text. */
  matches(text: string): boolean
  /** Instead of each match in the text, with the parts of `substitutionParts`. */
  replaceAll(text: string, parts: readonly (string | number)[]): string
  readonly groupCount: number
}

/** @throws {PatternError} that says what is wrong with it. */
export function compilePattern(source: string): Pattern {
  const parser = new PatternParser(source)
  const root = parser.parse()
  const steps = programOf(root)
  const matcher = new PatternMatcher(steps)
  const replacer = new PatternReplacer(steps, parser.groupCount)
  return {
    groupCount: parser.groupCount,
    matches: (text) => matcher.matches(text),
    replaceAll: (text, parts) => replacer.replaceAll(text, parts),
  }
}

/** What is wrong with a pattern; undefined where it can be used. */
export function patternProblem(source: string): PatternError | undefined {
  try {
    compilePattern(source)
    return undefined
  } catch (error) {
    if (error instanceof PatternError) return error
    throw error
  }
}
