import { GovernError } from '../error.ts'
import { formatSpiffeId, parseSpiffeId, type SpiffeId } from './spiffe-id.ts'

/** What is known of a process that asks, by whoever saw it (the kernel, not the process). Absent: not known. */
export interface ProcessFacts {
  readonly pid: number
  readonly uid: number
  /** SHA-256 of its executable, in small hexadecimal digits. */
  readonly executableSha256?: string
  readonly cgroup?: string
  /** Of systemd. */
  readonly unit?: string
  readonly containerId?: string
  readonly service?: string
}

/** What of a process a registration may ask for. No pid: it says nothing of who has it next. */
export type Selector = { readonly [Fact in Exclude<keyof ProcessFacts, 'pid'>]?: ProcessFacts[Fact] }

/** Which processes may be somebody, as an entry of SPIRE says it: those that have all that is selected. */
export interface Registration {
  readonly spiffeId: SpiffeId
  readonly selectors: Selector
}

/** A host has some hundred services. */
const REGISTRATIONS_MAX = 10_000
const FACTS: ReadonlySet<string> = new Set<keyof Selector>([
  'uid',
  'executableSha256',
  'cgroup',
  'unit',
  'containerId',
  'service',
])

/**
 * Checks registrations before any process is held against them.
 * @throws {GovernError} `argument` where one selects nothing, and so everybody, something that is no fact, or an id that is
 * nobody's; `too-large`
 */
export function checkRegistrations(registrations: readonly Registration[]): void {
  if (registrations.length > REGISTRATIONS_MAX)
    throw new GovernError('too-large', `there are at most ${REGISTRATIONS_MAX} registrations`)
  for (const { spiffeId, selectors } of registrations) {
    const text = formatSpiffeId(spiffeId)
    parseSpiffeId(text)
    if (spiffeId.path === '') throw new GovernError('argument', `${text} is a trust domain, and no workload`)
    const facts = Object.entries(selectors).filter(([, value]) => value !== undefined)
    if (facts.length === 0)
      throw new GovernError(
        'argument',
        `the registration of ${text} selects nothing: any process would be it`,
      )
    for (const [fact, value] of facts) {
      if (!FACTS.has(fact))
        throw new GovernError('argument', `the registration of ${text} selects by ${fact}, which is no fact`)
      if (value === '')
        throw new GovernError('argument', `the registration of ${text} selects an empty ${fact}`)
    }
  }
}

/** Who a process may be, each once, in the order of the registrations. A fact that is not known selects nobody. */
export function identitiesOf(
  registrations: readonly Registration[],
  facts: ProcessFacts,
): readonly SpiffeId[] {
  const found = new Map<string, SpiffeId>()
  for (const { spiffeId, selectors } of registrations)
    if (selects(selectors, facts)) found.set(formatSpiffeId(spiffeId), spiffeId)
  return [...found.values()]
}

/** None selected: no process, should an unchecked registration ever come here. */
function selects(selectors: Selector, facts: ProcessFacts): boolean {
  const wanted = Object.entries(selectors).filter(([, value]) => value !== undefined)
  return wanted.length > 0 && wanted.every(([fact, value]) => facts[fact as keyof ProcessFacts] === value)
}
