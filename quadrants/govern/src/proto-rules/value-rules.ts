import type { FieldRules } from '@quadrant/proto/envoy'
import { RE2JS } from '@bufbuild/re2'

/** What is wrong with a value, if anything. */
export type ValueCheck = (value: unknown) => string | undefined

interface Bounds {
  readonly const?: unknown
  readonly lt?: unknown
  readonly lte?: unknown
  readonly gt?: unknown
  readonly gte?: unknown
  readonly in?: readonly unknown[]
  readonly notIn?: readonly unknown[]
}

/** The rules of one value of a field: of an item where it is a list. Undefined: none. */
export function valueCheck(
  rules: FieldRules,
  numbers: ReadonlySet<number> | undefined,
): ValueCheck | undefined {
  const { type } = rules
  switch (type.case) {
    case undefined:
    case 'repeated':
    case 'map':
      return undefined
    case 'string':
      return ignoringEmpty(type.value.ignoreEmpty, stringCheck(type.value))
    case 'bytes':
      return ignoringEmpty(type.value.ignoreEmpty, bytesCheck(type.value))
    case 'enum': {
      const bounds = boundsCheck(type.value, asIs)
      return (value) =>
        type.value.definedOnly && numbers && !numbers.has(value as number)
          ? 'value must be one of the defined enum values'
          : bounds(value)
    }
    case 'bool':
      return boundsCheck(type.value, asIs)
    case 'duration':
    case 'timestamp':
      return boundsCheck(type.value, timeNs)
    case 'any': {
      const { in: among, notIn } = type.value
      return (value) => listProblem((value as { typeUrl: string }).typeUrl, among, notIn)
    }
    default:
      return ignoringEmpty(type.value.ignoreEmpty, boundsCheck(type.value, asIs))
  }
}

/** Rules are messages of proto2: what is not set is in the prototype. */
export function isSet(rules: object, name: string): boolean {
  return Object.hasOwn(rules, name) && (rules as Record<string, unknown>)[name] !== undefined
}

function ignoringEmpty(isIgnored: boolean, check: ValueCheck): ValueCheck {
  if (!isIgnored) return check
  return (value) => (isEmpty(value) ? undefined : check(value))
}

function isEmpty(value: unknown): boolean {
  return value instanceof Uint8Array ? value.length === 0 : !value
}

const asIs = (value: unknown) => value as number | bigint

function timeNs(value: unknown): bigint {
  const { seconds, nanos } = value as { readonly seconds: bigint; readonly nanos: number }
  return seconds * 1_000_000_000n + BigInt(nanos)
}

function boundsCheck(rules: Bounds, ordinal: (value: unknown) => number | bigint): ValueCheck {
  const bound = (name: keyof Bounds) => (isSet(rules, name) ? ordinal(rules[name]) : undefined)
  const fixed = bound('const')
  const [lt, lte, gt, gte] = [bound('lt'), bound('lte'), bound('gt'), bound('gte')]
  const among = (rules.in ?? []).map(ordinal)
  const not = (rules.notIn ?? []).map(ordinal)
  const upper = lt ?? lte
  const lower = gt ?? gte
  // A lower bound above the upper one: what lies between them is what may not be.
  const isOutside = upper !== undefined && lower !== undefined && lower > upper
  return (value) => {
    const at = ordinal(value)
    if (fixed !== undefined && at !== fixed) return `value must equal ${fixed}`
    const isBelow = upper === undefined || (lt === undefined ? at <= upper : at < upper)
    const isAbove = lower === undefined || (gt === undefined ? at >= lower : at > lower)
    if (isOutside ? !isBelow && !isAbove : !isBelow || !isAbove) return rangeText(lt, lte, gt, gte)
    return listProblem(at, among, not)
  }
}

type Bound = number | bigint | undefined

function rangeText(lt: Bound, lte: Bound, gt: Bound, gte: Bound): string {
  const words = [
    gt !== undefined && `greater than ${gt}`,
    gte !== undefined && `greater than or equal to ${gte}`,
    lt !== undefined && `less than ${lt}`,
    lte !== undefined && `less than or equal to ${lte}`,
  ]
  return `value must be ${words.filter(Boolean).join(' and ')}`
}

function listProblem(value: unknown, among: readonly unknown[], not: readonly unknown[]): string | undefined {
  if (among.length > 0 && !among.includes(value)) return `value must be in list [${among.join(', ')}]`
  if (not.includes(value)) return `value must not be in list [${not.join(', ')}]`
  return undefined
}

type StringRules = Extract<FieldRules['type'], { case: 'string' }>['value']
type BytesRules = Extract<FieldRules['type'], { case: 'bytes' }>['value']

/** Of protoc-gen-validate: HTTP_HEADER_NAME and HTTP_HEADER_VALUE, strict or only without what ends a line. */
const HEADER_NAME = /^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/
// oxlint-disable-next-line no-control-regex
const HEADER_VALUE = /^[^\u0000-\u0008\u000A-\u001F\u007F]*$/
// oxlint-disable-next-line no-control-regex
const HEADER_LOOSE = /^[^\u0000\u000A\u000D]*$/
/** KnownRegex of validate.proto. */
const HTTP_HEADER_NAME = 1
const HTTP_HEADER_VALUE = 2

function stringCheck(rules: StringRules): ValueCheck {
  const checks: ((value: string) => string | undefined)[] = []
  const has = (name: keyof StringRules) => isSet(rules, name)
  const want = (isRight: (value: string) => boolean, text: string) =>
    checks.push((value) => (isRight(value) ? undefined : text))
  if (has('const')) want((value) => value === rules.const, `value must equal ${rules.const}`)
  const { len, minLen, maxLen, lenBytes, minBytes, maxBytes } = rules
  if (has('len')) want((value) => characters(value) === Number(len), `value length must be ${len} characters`)
  if (has('minLen'))
    want((value) => characters(value) >= Number(minLen), `value length must be at least ${minLen} characters`)
  if (has('maxLen'))
    want((value) => characters(value) <= Number(maxLen), `value length must be at most ${maxLen} characters`)
  if (has('lenBytes'))
    want((value) => bytes(value) === Number(lenBytes), `value length must be ${lenBytes} bytes`)
  if (has('minBytes'))
    want((value) => bytes(value) >= Number(minBytes), `value length must be at least ${minBytes} bytes`)
  if (has('maxBytes'))
    want((value) => bytes(value) <= Number(maxBytes), `value length must be at most ${maxBytes} bytes`)
  if (has('pattern')) {
    const pattern = RE2JS.compile(rules.pattern)
    // A match somewhere is enough, unless the pattern has anchors.
    want((value) => pattern.test(value), `value does not match ${rules.pattern}`)
  }
  if (has('prefix')) want((value) => value.startsWith(rules.prefix), `value must begin with ${rules.prefix}`)
  if (has('suffix')) want((value) => value.endsWith(rules.suffix), `value must end with ${rules.suffix}`)
  if (has('contains')) want((value) => value.includes(rules.contains), `value must contain ${rules.contains}`)
  if (has('notContains'))
    want((value) => !value.includes(rules.notContains), `value must not contain ${rules.notContains}`)
  checks.push((value) => listProblem(value, rules.in, rules.notIn))
  const { wellKnown } = rules
  if (wellKnown.case === 'wellKnownRegex') {
    const isStrict = !has('strict') || rules.strict
    const known: number = wellKnown.value
    if (known === HTTP_HEADER_NAME)
      want(
        (value) => (isStrict ? HEADER_NAME : HEADER_LOOSE).test(value),
        'value is no name of an HTTP header',
      )
    if (known === HTTP_HEADER_VALUE)
      want(
        (value) => (isStrict ? HEADER_VALUE : HEADER_LOOSE).test(value),
        'value is no value of an HTTP header',
      )
  }
  return firstProblem(checks)
}

function firstProblem(checks: readonly ((value: never) => string | undefined)[]): ValueCheck {
  return (value) => {
    for (const check of checks) {
      const problem = check(value as never)
      if (problem !== undefined) return problem
    }
    return undefined
  }
}

function characters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function bytes(text: string): number {
  return Buffer.byteLength(text)
}

function bytesCheck(rules: BytesRules): ValueCheck {
  const checks: ((value: Uint8Array) => string | undefined)[] = []
  const has = (name: keyof BytesRules) => isSet(rules, name)
  const { len, minLen, maxLen } = rules
  const want = (isRight: (value: Uint8Array) => boolean, text: string) =>
    checks.push((value) => (isRight(value) ? undefined : text))
  if (has('len')) want((value) => value.length === Number(len), `value length must be ${len} bytes`)
  if (has('minLen'))
    want((value) => value.length >= Number(minLen), `value length must be at least ${minLen} bytes`)
  if (has('maxLen'))
    want((value) => value.length <= Number(maxLen), `value length must be at most ${maxLen} bytes`)
  if (has('const'))
    want((value) => Buffer.compare(value, rules.const) === 0, 'value must equal the one that the rule names')
  if (has('prefix'))
    want(
      (value) => Buffer.compare(value.subarray(0, rules.prefix.length), rules.prefix) === 0,
      'value must begin with the prefix that the rule names',
    )
  return firstProblem(checks)
}
