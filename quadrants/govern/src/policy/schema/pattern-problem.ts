import { RE2JS } from '@bufbuild/re2'

/** Envoy's programs of patterns grow with them, and it refuses those that are too large. */
const PATTERN_LENGTH_MAX = 512
const CACHE_MAX = 4096

const known = new Map<string, PatternProblem | undefined>()

export interface PatternProblem {
  readonly message: string
  readonly fix?: string
}

/** What keeps a text from being a regular expression of RE2; undefined where it is one. */
export function patternProblem(pattern: string): PatternProblem | undefined {
  if (pattern.length > PATTERN_LENGTH_MAX)
    return { message: `a pattern has at most ${PATTERN_LENGTH_MAX} characters` }
  if (known.has(pattern)) return known.get(pattern)
  const problem = problemOf(pattern)
  if (known.size >= CACHE_MAX) known.clear()
  known.set(pattern, problem)
  return problem
}

function problemOf(pattern: string): PatternProblem | undefined {
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (thrown) {
    const reason =
      thrown instanceof Error ? thrown.message.replace(/^error parsing regexp: /, '') : String(thrown)
    return {
      message: `this is no pattern of RE2: ${reason.slice(0, 200)}`,
      ...(/\(\?[=!<]/.test(pattern) ? { fix: 'patterns cannot look around: write another match' } : {}),
    }
  }
}
