import { parseFormat } from '../access-log/format-parser.ts'
import { compilePattern } from '../pattern/compile-pattern.ts'
import { PatternError } from '../pattern/pattern-parser.ts'
import { GatewayCode } from './codes.ts'
import type { ProblemList, ProblemPlace } from './gateway-problem.ts'
import type { NumberRange, HeaderEditSpec } from './route-spec.ts'
import type { TextMatch } from './text-match.ts'

const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,256}$/
/** They say how the message is framed and where it goes, and are the gateway's own (RFC 9110 7.6.1). */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Returns how many groups it has; undefined, and said, where it cannot be used. */
export function findPatternProblem(
  problems: ProblemList,
  pattern: string,
  place: ProblemPlace,
): number | undefined {
  try {
    return compilePattern(pattern).groupCount
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    problems.wrong(
      GatewayCode.pattern,
      place,
      `the pattern cannot be used, at character ${error.offset + 1}: ${error.message}`,
      error.fix ?? 'write it without',
    )
    return undefined
  }
}

export function findTextMatchProblem(
  problems: ProblemList,
  match: TextMatch | NumberRange | undefined,
  subject: object,
): void {
  if (match?.kind === 'regex') findPatternProblem(problems, match.pattern, [subject, 'regex'])
  if (match?.kind === 'range' && match.start >= match.end)
    problems.wrong(
      GatewayCode.wrongValue,
      [subject, 'range'],
      'no number is in this range',
      `range: { start: ${match.end}, end: ${match.start} }`,
    )
}

export function findFormatProblems(
  problems: ProblemList,
  format: string,
  isMasked: boolean,
  place: ProblemPlace,
): void {
  for (const problem of parseFormat(format, { isMasked }).problems) {
    const message = `at character ${problem.offset + 1}: ${problem.message}`
    if (problem.isWarning) problems.warn(GatewayCode.secret, place, message, problem.fix)
    else problems.wrong(GatewayCode.format, place, message, problem.fix)
  }
}

export function findHeaderEditProblems(problems: ProblemList, edit: HeaderEditSpec): void {
  for (const [index, name] of edit.remove.entries())
    findHeaderNameProblem(problems, name, [edit.remove, index])
  for (const one of [...edit.set, ...edit.add]) {
    findHeaderNameProblem(problems, one.name, [one])
    findFormatProblems(problems, one.value, false, [one, 'value'])
    if (/[^\t\x20-\x7e]/.test(one.value))
      problems.wrong(
        GatewayCode.wrongValue,
        [one, 'value'],
        `the value of ${one.name} is not printable ASCII`,
        'write it in ASCII',
      )
  }
}

function findHeaderNameProblem(problems: ProblemList, name: string, place: ProblemPlace): void {
  if (RESERVED_HEADERS.has(name) || name.startsWith(':'))
    problems.wrong(
      GatewayCode.contradiction,
      place,
      `${name} is the gateway’s own`,
      name === 'host' || name === ':authority'
        ? 'host_rewrite: { literal: … }'
        : name === ':path'
          ? 'rewrite: …'
          : 'remove it',
    )
  else if (!HEADER_NAME.test(name))
    problems.wrong(
      GatewayCode.wrongValue,
      place,
      `\`${name}\` is no name of a header in small letters`,
      'x-user',
    )
}
