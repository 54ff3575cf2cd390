import { nearest } from '@quadrant/core'
import { maskOf, SECRET_HEADERS } from './secret-mask.ts'
import { OPERATOR_VALUES, type OperatorValue } from './operator-value.ts'
import { formatTime, unknownSpecifier } from './start-time.ts'

/** A text that stands there as it is, or what an operator says. */
export type FormatPart = string | OperatorValue

export interface FormatProblem {
  readonly message: string
  readonly offset: number
  readonly fix: string
  /** It works, but shows less than it seems to. */
  readonly isWarning: boolean
}

export interface FormatOptions {
  /** Secrets are masked: for logs. */
  readonly isMasked: boolean
}

/** Formats of people are a few hundred characters. */
const LENGTH_MAX = 16_384
const PARTS_MAX = 500
const OPERATOR = /%(?:%|([A-Z][A-Z0-9_]*)(?:\(((?:[^()]|\([^()]*\))*)\))?(?::(\d{1,6}))?%)/y
/** A tab may separate what stands in a line. */
const CONTROL = /(?!\t)\p{Cc}/u
const HEADER_SOURCES = {
  REQ: 'requestHeaders',
  RESP: 'responseHeaders',
  TRAILER: 'responseTrailers',
} as const

/** A format text taken apart: `%OPERATOR%`, `%OPERATOR(argument)%`, `%OPERATOR(argument):length%`, and `%%`. */
export function parseFormat(
  text: string,
  options: FormatOptions,
): { readonly parts: readonly FormatPart[]; readonly problems: readonly FormatProblem[] } {
  const parts: FormatPart[] = []
  const problems: FormatProblem[] = []
  if (text.length > LENGTH_MAX) {
    problems.push({ message: `longer than ${LENGTH_MAX} characters`, offset: 0, fix: '', isWarning: false })
    return { parts, problems }
  }
  const control = text.search(CONTROL)
  if (control !== -1)
    problems.push({ message: 'a control character', offset: control, fix: 'remove it', isWarning: false })
  let literal = ''
  let at = 0
  while (at < text.length) {
    const percent = text.indexOf('%', at)
    literal += text.slice(at, percent === -1 ? text.length : percent)
    if (percent === -1) break
    OPERATOR.lastIndex = percent
    const match = OPERATOR.exec(text)
    if (!match) {
      problems.push({
        message: 'a `%` that begins no operator',
        offset: percent,
        fix: '%%',
        isWarning: false,
      })
      break
    }
    at = OPERATOR.lastIndex
    const [whole, name, argument, length] = match
    if (name === undefined) {
      literal += '%'
      continue
    }
    const made = operator(name, argument, length === undefined ? undefined : Number(length), options)
    if ('problem' in made) problems.push({ ...made.problem, offset: percent })
    if ('value' in made) {
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push(made.value)
    } else literal += whole
    if (parts.length > PARTS_MAX) {
      problems.push({
        message: `more than ${PARTS_MAX} operators`,
        offset: percent,
        fix: '',
        isWarning: false,
      })
      break
    }
  }
  if (literal !== '') parts.push(literal)
  return { parts, problems }
}

type Made =
  | { readonly value: OperatorValue; readonly problem: Omit<FormatProblem, 'offset'> }
  | { readonly value: OperatorValue }
  | { readonly problem: Omit<FormatProblem, 'offset'> }

function operator(
  name: string,
  argument: string | undefined,
  length: number | undefined,
  options: FormatOptions,
): Made {
  if (Object.hasOwn(HEADER_SOURCES, name))
    return headerOperator(name as keyof typeof HEADER_SOURCES, argument ?? '', length, options)
  if (name === 'START_TIME' && argument !== undefined && argument !== '') {
    const unknown = unknownSpecifier(argument)
    if (unknown !== undefined)
      return { problem: wrong(`\`${unknown}\` is not understood in a time`, '%Y-%m-%dT%H:%M:%S.%3f') }
    return { value: ({ info }) => formatTime(argument, info.startTimeMs) }
  }
  const value = Object.hasOwn(OPERATOR_VALUES, name) ? OPERATOR_VALUES[name] : undefined
  if (!value) {
    const known = [...Object.keys(HEADER_SOURCES), ...Object.keys(OPERATOR_VALUES)]
    return {
      problem: wrong(
        `there is no operator \`${name.slice(0, 60)}\``,
        `%${nearest(name, known) ?? 'RESPONSE_CODE'}%`,
      ),
    }
  }
  if (argument !== undefined && argument !== '')
    return { problem: wrong(`${name} takes no argument`, `%${name}%`) }
  return { value: length === undefined ? value : (entry) => shortened(value(entry), length) }
}

function headerOperator(
  name: keyof typeof HEADER_SOURCES,
  argument: string,
  length: number | undefined,
  { isMasked }: FormatOptions,
): Made {
  const match = /^([:\w!#$&'*+.^`|~-]{1,256})(?:\?([:\w!#$&'*+.^`|~-]{1,256}))?$/.exec(argument)
  if (!match) return { problem: wrong(`${name} takes the name of a header`, `%${name}(X-REQUEST-ID)%`) }
  const [first, second] = [match[1]!.toLowerCase(), match[2]?.toLowerCase()]
  const source = HEADER_SOURCES[name]
  const masks = {
    first: isMasked ? maskOf(first) : undefined,
    second: isMasked && second ? maskOf(second) : undefined,
  }
  const value: OperatorValue = (entry) => {
    const headers = entry[source]
    if (!headers) return undefined
    let text = headers.get(first)
    let mask = masks.first
    if (text === undefined && second !== undefined) {
      text = headers.get(second)
      mask = masks.second
    }
    if (text === undefined) return undefined
    if (mask) text = mask(text)
    return length === undefined ? text : text.slice(0, length)
  }
  const secret = isMasked
    ? [first, second].find((one) => one !== undefined && SECRET_HEADERS.has(one))
    : undefined
  if (secret === undefined) return { value }
  return {
    value,
    problem: { message: `what ${secret} says is a secret, and is masked`, fix: 'remove it', isWarning: true },
  }
}

function wrong(message: string, fix: string) {
  return { message, fix, isWarning: false }
}

function shortened(value: string | number | undefined, length: number): string | undefined {
  return value === undefined ? undefined : String(value).slice(0, length)
}
