import type { Analysis } from '@quadrant/core'
import { isSecretHeader } from '../redaction/secret-names.ts'
import { SamplingCode, type SamplingDiagnostic, samplingDiagnostic } from './sampling-diagnostic.ts'
import { RequestProtocolNumber, SamplingLimit, type SamplingRule } from './sampling-rule.ts'
import { covers } from './covers.ts'

export interface SamplingAnalysis extends Analysis<readonly SamplingRule[]> {
  readonly diagnostics: readonly SamplingDiagnostic[]
}

const ID = /^[\w.-]+$/
/** A token of RFC 9110, section 5.6.2: what a header's name is made of. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
/** Bytes of a header's value that are text (RFC 9110, section 5.5), without space around them. */
const FIELD_VALUE = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/
const GLOB = /^[\x20-\x7e]+$/

/**
 * Checks rules: the value is those that are sound, header and value in lower case, in the order in which they were given.
 *
 * @param at place of the list in what the person wrote.
 */
export function checkSamplingRules(
  rules: readonly SamplingRule[],
  { at = 'sampling_rules' }: { readonly at?: string } = {},
): SamplingAnalysis {
  const diagnostics: SamplingDiagnostic[] = []
  if (rules.length > SamplingLimit.rules)
    diagnostics.push(
      samplingDiagnostic(
        SamplingCode.tooMany,
        `${at}[${SamplingLimit.rules}]`,
        `is one of ${rules.length} rules, at most ${SamplingLimit.rules} are possible`,
      ),
    )
  const ids = new Set<string>()
  const value: SamplingRule[] = []
  for (const [i, rule] of rules.slice(0, SamplingLimit.rules).entries()) {
    const found = checkRule(`${at}[${i}]`, rule)
    if (ids.has(rule.id))
      found.push(
        samplingDiagnostic(SamplingCode.duplicate, `${at}[${i}].id`, `is '${rule.id}' a second time`),
      )
    ids.add(rule.id)
    const sound = !found.some(({ severity }) => severity === 'error')
    const earlier = sound && value.find((other) => covers(other, rule))
    if (earlier)
      found.push(
        samplingDiagnostic(
          SamplingCode.unreachable,
          `${at}[${i}]`,
          `is never reached: whatever matches it matches '${earlier.id}' before`,
          { severity: 'warning', fix: `put '${rule.id}' before '${earlier.id}'` },
        ),
      )
    diagnostics.push(...found)
    if (sound) value.push(normalized(rule))
  }
  return { value, diagnostics }
}

function checkRule(at: string, rule: SamplingRule): SamplingDiagnostic[] {
  return [
    ...checkId(`${at}.id`, rule.id),
    ...checkHeader(at, rule),
    ...checkGlob(`${at}.service`, rule.service),
    ...checkGlob(`${at}.route`, rule.route),
    ...checkProtocol(`${at}.protocol`, rule.protocol),
    ...checkRate(`${at}.rate`, rule),
    ...checkCap(`${at}.captures_per_second_max`, rule.capturesPerSecondMax),
    ...checkExtent(at, rule),
  ]
}

function* checkId(place: string, id: string): Generator<SamplingDiagnostic> {
  if (id === '') yield samplingDiagnostic(SamplingCode.id, place, 'is empty')
  else if (id.length > SamplingLimit.idLength)
    yield samplingDiagnostic(SamplingCode.id, place, over(id.length, SamplingLimit.idLength, 'characters'))
  else if (!ID.test(id))
    yield samplingDiagnostic(
      SamplingCode.id,
      place,
      'has other characters than letters, digits, `-`, `_` and `.`',
    )
}

function* checkHeader(at: string, { header, value }: SamplingRule): Generator<SamplingDiagnostic> {
  const place = `${at}.header`
  if (header === undefined) {
    if (value !== undefined)
      yield samplingDiagnostic(SamplingCode.header, place, 'is missing: a value is that of a header')
    return
  }
  if (header === '') yield samplingDiagnostic(SamplingCode.header, place, 'is empty')
  else if (header.length > SamplingLimit.headerBytes)
    yield samplingDiagnostic(
      SamplingCode.header,
      place,
      over(header.length, SamplingLimit.headerBytes, 'characters'),
    )
  else if (!TOKEN.test(header))
    yield samplingDiagnostic(SamplingCode.header, place, 'is no name of a header (RFC 9110, section 5.6.2)')
  if (value === undefined) return
  if (value.length > SamplingLimit.valueBytes)
    yield samplingDiagnostic(
      SamplingCode.value,
      `${at}.value`,
      over(value.length, SamplingLimit.valueBytes, 'characters'),
    )
  else if (!FIELD_VALUE.test(value))
    yield samplingDiagnostic(
      SamplingCode.value,
      `${at}.value`,
      'has characters that are not ASCII, or space around it: it would match nothing',
    )
  if (isSecretHeader(header))
    yield samplingDiagnostic(
      SamplingCode.secret,
      `${at}.value`,
      `would put a secret into a rule: '${header}' is redacted wherever it is shown`,
      { fix: `leave the value out, or choose a header that is no secret` },
    )
}

function* checkGlob(place: string, glob: string | undefined): Generator<SamplingDiagnostic> {
  if (glob === undefined) return
  if (glob.length > SamplingLimit.globLength)
    yield samplingDiagnostic(
      SamplingCode.glob,
      place,
      over(glob.length, SamplingLimit.globLength, 'characters'),
    )
  else if (!GLOB.test(glob))
    yield samplingDiagnostic(
      SamplingCode.glob,
      place,
      glob === '' ? 'is empty' : 'has characters that are not printable ASCII',
    )
}

function* checkProtocol(place: string, protocol: string | undefined): Generator<SamplingDiagnostic> {
  if (protocol !== undefined && !Object.hasOwn(RequestProtocolNumber, protocol))
    yield samplingDiagnostic(
      SamplingCode.protocol,
      place,
      `is none of ${Object.keys(RequestProtocolNumber).join(', ')}`,
    )
}

function* checkRate(place: string, { rate }: SamplingRule): Generator<SamplingDiagnostic> {
  if (rate === undefined) return
  if ('perThousand' in rate) {
    if (!(rate.perThousand > 0 && rate.perThousand <= 1000))
      yield samplingDiagnostic(
        SamplingCode.rate,
        place,
        `is ${rate.perThousand} of each thousand: above 0 and at most 1000`,
      )
  } else if (!isCount(rate.perSecond, SamplingLimit.perSecond))
    yield samplingDiagnostic(
      SamplingCode.rate,
      place,
      `is ${rate.perSecond} a second: a whole number from 1 to ${SamplingLimit.perSecond}`,
    )
}

function* checkCap(place: string, cap: number | undefined): Generator<SamplingDiagnostic> {
  if (cap !== undefined && !isCount(cap, SamplingLimit.capturesPerSecond))
    yield samplingDiagnostic(
      SamplingCode.cap,
      place,
      `is ${cap}: a whole number from 1 to ${SamplingLimit.capturesPerSecond}`,
    )
}

function* checkExtent(at: string, rule: SamplingRule): Generator<SamplingDiagnostic> {
  const { header, value, service, route, rate } = rule
  if ([header, value, service, route, rate].some((condition) => condition !== undefined)) return
  yield samplingDiagnostic(
    SamplingCode.everything,
    at,
    'asks for every request, and gets as many as the limit allows',
    {
      severity: 'warning',
      fix: 'give it a header, a service, a route or a rate',
    },
  )
}

function normalized(rule: SamplingRule): SamplingRule {
  return {
    ...rule,
    ...(rule.header !== undefined && { header: rule.header.toLowerCase() }),
    ...(rule.value !== undefined && { value: rule.value.toLowerCase() }),
  }
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max
}

function over(length: number, max: number, what: string): string {
  return `has ${length} ${what}, at most ${max} are possible`
}
