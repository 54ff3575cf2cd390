import { create } from '@bufbuild/protobuf'
import { nearest } from '@quadrant/core'
import {
  RequestInstructionSchema,
  RouteRuleSchema,
  type RequestInstruction,
  type RouteRule,
  type SamplingRule,
} from '@quadrant/proto'
import { usageError } from '../cli-error.ts'
import { PROTOCOLS, type ProtocolValue } from './rule-flags.ts'

/** What is in force where nobody has asked for anything: no requests are observed. */
export function instructionOf(requests: RequestInstruction | undefined): RequestInstruction {
  return requests ?? create(RequestInstructionSchema, { off: true })
}

/**
 * With one rule more, or another in place of the one of its name. Where nobody has asked for anything yet, requests are
 * observed from then on: a rule that sees none is nobody's intention.
 *
 * @param first before all others; else a new one is the last
 */
export function withRule(
  requests: RequestInstruction | undefined,
  rule: SamplingRule,
  first: boolean,
): RequestInstruction {
  const before = requests ?? create(RequestInstructionSchema)
  const others = before.samplingRules.filter(({ id }) => id !== rule.id)
  const at = before.samplingRules.findIndex(({ id }) => id === rule.id)
  const place = first ? 0 : at === -1 ? others.length : at
  return { ...before, samplingRules: others.toSpliced(place, 0, rule) }
}

/** Without the rules of these names, which must be there. @throws CliError QDR-C012 */
export function withoutRules(
  requests: RequestInstruction | undefined,
  ids: readonly string[],
): RequestInstruction {
  const before = instructionOf(requests)
  const known = before.samplingRules.map(({ id }) => id)
  for (const id of ids)
    if (!known.includes(id)) {
      const near = nearest(id, known)
      const fix = near
        ? `did you mean ${near}?`
        : known.length > 0
          ? `there are: ${known.join(', ')}`
          : undefined
      throw usageError(`no sampling rule is called \`${id}\``, fix)
    }
  return { ...before, samplingRules: before.samplingRules.filter(({ id }) => !ids.includes(id)) }
}

/** What `quadrant requests set` changes; what is not given stays. A list takes the place of the one before. */
export interface SetFlags {
  readonly on?: boolean
  readonly off?: boolean
  readonly service?: readonly string[]
  readonly precise?: readonly string[]
  readonly proto?: readonly ProtocolValue[]
  readonly cap?: number
  readonly redactHeader?: readonly string[]
  readonly redactParameter?: readonly string[]
  readonly routeRule?: readonly string[]
  readonly routes?: number
  readonly tls?: 'on' | 'off'
}

/** The word that empties a list. */
const NONE = 'none'
/** Of services and protocols an empty list means all of them. */
const ALL = 'all'

/** @throws CliError QDR-C012 where nothing is given, or what is given contradicts itself */
export function withSettings(requests: RequestInstruction | undefined, flags: SetFlags): RequestInstruction {
  const { on, off, service, precise, proto, cap, redactHeader, redactParameter, routeRule, routes, tls } =
    flags
  if (on && off) throw usageError('--on and --off contradict each other', 'give one of them')
  const before = instructionOf(requests)
  const changes: Partial<RequestInstruction> = {
    ...((on ?? off) && { off: off ?? false }),
    ...(service && { services: listOf('--service', service, ALL) }),
    ...(precise && { preciseServices: listOf('--precise', precise, NONE) }),
    ...(proto && { protocols: [...new Set(proto)].map((one) => PROTOCOLS[one]) }),
    ...(cap !== undefined && { capturesPerSecondMax: cap }),
    ...(redactHeader && { redactedHeaders: listOf('--redact-header', redactHeader, NONE) }),
    ...(redactParameter && { redactedParameters: listOf('--redact-parameter', redactParameter, NONE) }),
    ...(routeRule && { routeRules: listOf('--route-rule', routeRule, NONE).map(routeRuleOf) }),
    ...(routes !== undefined && { routesPerServiceMax: routes }),
    ...(tls && { tlsOff: tls === 'off' }),
  }
  if (Object.keys(changes).length === 0)
    throw usageError('nothing is to be set', 'quadrant requests set --help lists what can be')
  // Whoever names services for the first time wants to see them.
  const isFirst = requests === undefined && off !== true && (service ?? precise) !== undefined
  return { ...before, ...(isFirst && { off: false }), ...changes }
}

function listOf(flag: string, given: readonly string[], empty: string): string[] {
  if (given.includes(empty) && given.length > 1)
    throw usageError(`${flag} ${empty} stands alone`, `leave ${flag} ${empty} away, or the others`)
  return given[0] === empty ? [] : [...new Set(given)]
}

/** `/users/:id`, or `cart=/users/:id` for one service. */
function routeRuleOf(text: string): RouteRule {
  const [, service = '', pattern = ''] = /^(?:([^/=]*)=)?(.*)$/s.exec(text) ?? []
  return create(RouteRuleSchema, { service, pattern })
}
