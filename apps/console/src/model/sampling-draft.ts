import { RequestProtocol, type SamplingRule } from '@quadrant/proto'

/** One rule as a person edits it: all is text, and empty where nothing is asked for. */
export interface SamplingDraft {
  readonly id: string
  readonly header: string
  readonly value: string
  readonly service: string
  readonly route: string
  readonly protocol: RequestProtocol
  /** How many of those that match. */
  readonly rate: 'all' | 'perThousand' | 'perSecond'
  readonly rateText: string
  /** Most captures a second of this rule. */
  readonly cap: string
}

/** A rule as it is sent. */
export type RuleInit = Pick<
  SamplingRule,
  'id' | 'header' | 'value' | 'service' | 'route' | 'protocol' | 'rate' | 'capturesPerSecondMax'
>

/** The rule that the switch is about: who calls asks for it. */
export const ASKED_FOR: SamplingDraft = {
  id: 'asked-for',
  header: 'X-Trace-Sampling',
  value: 'high',
  service: '',
  route: '',
  protocol: RequestProtocol.UNSPECIFIED,
  rate: 'all',
  rateText: '',
  cap: '50',
}

const EMPTY: SamplingDraft = { ...ASKED_FOR, id: '', header: '', value: '', cap: '10' }

export const PROTOCOL_CHOICES = [
  { protocol: RequestProtocol.UNSPECIFIED, title: 'Any protocol' },
  { protocol: RequestProtocol.HTTP1, title: 'HTTP/1' },
  { protocol: RequestProtocol.HTTP2, title: 'HTTP/2' },
  { protocol: RequestProtocol.GRPC, title: 'gRPC' },
] as const

export function draftOf(rule: RuleInit): SamplingDraft {
  const { id, header, value, service, route, protocol, rate, capturesPerSecondMax } = rule
  return {
    id,
    header,
    value,
    service,
    route,
    protocol,
    rate: rate.case ?? 'all',
    rateText: rate.case === undefined ? '' : String(rate.value),
    cap: capturesPerSecondMax > 0 ? String(capturesPerSecondMax) : '',
  }
}

/** What of a draft is no rule: numbers that are none. All else the server says. */
export interface DraftProblem {
  readonly field: 'rateText' | 'cap'
  readonly message: string
}

/** The rule, and what of it cannot be one. Spaces around a text are nobody's intention. */
export function ruleOf(draft: SamplingDraft): {
  readonly value: RuleInit
  readonly diagnostics: readonly DraftProblem[]
} {
  const diagnostics: DraftProblem[] = []
  const cap = draft.cap.trim() === '' ? 0 : wholeNumber(draft.cap)
  if (cap === undefined)
    diagnostics.push({ field: 'cap', message: 'The cap is a whole number of captures a second.' })
  const rate = Number(draft.rateText)
  const isRate = draft.rateText.trim() !== '' && Number.isFinite(rate) && rate > 0
  if (draft.rate === 'perThousand' && !(isRate && rate <= 1000))
    diagnostics.push({ field: 'rateText', message: 'Of each thousand: above 0, at most 1000.' })
  if (draft.rate === 'perSecond' && !(wholeNumber(draft.rateText) ?? 0))
    diagnostics.push({ field: 'rateText', message: 'The first ones of each second: a whole number above 0.' })
  const value: RuleInit = {
    id: draft.id.trim(),
    header: draft.header.trim(),
    value: draft.value.trim(),
    service: draft.service.trim(),
    route: draft.route.trim(),
    protocol: draft.protocol,
    rate: draft.rate === 'all' ? { case: undefined } : { case: draft.rate, value: isRate ? rate : 0 },
    capturesPerSecondMax: cap ?? 0,
  }
  return { value, diagnostics }
}

const NUMBER_MAX = 0xffff_ffff

function wholeNumber(text: string): number | undefined {
  const number = /^\d{1,10}$/.test(text.trim()) ? Number(text) : Infinity
  return number <= NUMBER_MAX ? number : undefined
}

/** A rule more, named as no other is. */
export function addDraft(drafts: readonly SamplingDraft[]): readonly SamplingDraft[] {
  const ids = new Set(drafts.map(({ id }) => id))
  let number = drafts.length + 1
  while (ids.has(`rule-${number}`)) number++
  return [...drafts, { ...EMPTY, id: `rule-${number}` }]
}

/** Whether a rule is the one of the switch, whatever it is called: it matches what the switch would match, and all of it. */
export function isAskedFor(rule: RuleInit): boolean {
  return (
    rule.header.toLowerCase() === ASKED_FOR.header.toLowerCase() &&
    rule.value.toLowerCase() === ASKED_FOR.value &&
    rule.service === '' &&
    rule.route === '' &&
    rule.protocol === RequestProtocol.UNSPECIFIED &&
    rule.rate.case === undefined
  )
}

/** The rules with that of the switch or without it. First, so that none before it takes what it asks for. */
export function switchAskedFor(rules: readonly RuleInit[], on: boolean): readonly RuleInit[] {
  const others = rules.filter((rule) => !isAskedFor(rule))
  if (!on) return others
  const ids = new Set(others.map(({ id }) => id))
  let id = ASKED_FOR.id
  for (let number = 2; ids.has(id); number++) id = `${ASKED_FOR.id}-${number}`
  return [rules.find(isAskedFor) ?? { ...ruleOf(ASKED_FOR).value, id }, ...others]
}

export function sameDrafts(a: readonly SamplingDraft[], b: readonly SamplingDraft[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Which rule a problem of the server is about: `rules[2].header` is 2; undefined where it is about none. */
export function ruleIndex(place: string): number | undefined {
  const match = /^rules\[(\d+)\]/.exec(place)
  return match ? Number(match[1]) : undefined
}
