import { BlockList, isIP } from 'node:net'
import type { Effective } from '../ir/effective.ts'
import { type Origin, within } from '../ir/origin.ts'
import { conditionIr } from '../lowering/matches.ts'
import type { SpecOf } from '../policy/kind/kinds.ts'
import type { EvaluatedRequest } from './evaluated-request.ts'
import { fitsCondition } from './matches.ts'

type Rule = NonNullable<SpecOf<'AuthorizationPolicy'>['rules']>[number]
type Caller = NonNullable<Rule['from']>[number]

export interface Authorized {
  readonly isAllowed: boolean
  /** `none`: no rule fits, and `otherwise` decides. */
  readonly rule: string
  readonly origin: Origin | undefined
  /** Rules that only log, and fit. */
  readonly logged: readonly string[]
}

/** Rules that deny, then those that allow, then `otherwise`: by default nothing but what a rule allows, if any does. */
export function authorize(policy: Effective<'AuthorizationPolicy'>, request: EvaluatedRequest): Authorized {
  const rules = policy.rules?.value ?? []
  const origin = policy.rules?.claim?.origin
  const fitting = rules.flatMap((rule, index) => {
    const at = origin && within(origin, index)
    return isFitting(rule, at, request) ? [{ rule, at }] : []
  })
  const logged = fitting.flatMap(({ rule }) => (rule.action === 'Log' ? [rule.name] : []))
  for (const action of ['Deny', 'Allow'] as const) {
    const found = fitting.find(({ rule }) => rule.action === action)
    if (found) return { isAllowed: action === 'Allow', rule: found.rule.name, origin: found.at, logged }
  }
  const otherwise =
    policy.otherwise?.value ?? (rules.some(({ action }) => action === 'Allow') ? 'Deny' : 'Allow')
  return {
    isAllowed: otherwise === 'Allow',
    rule: 'none',
    origin: policy.otherwise?.claim?.origin ?? origin,
    logged,
  }
}

function isFitting(rule: Rule, origin: Origin | undefined, request: EvaluatedRequest): boolean {
  const condition = conditionIr(rule.matches, rule.when, origin ?? NOWHERE)
  return (
    (rule.from === undefined || rule.from.some((caller) => isCaller(caller, request))) &&
    (condition === undefined || fitsCondition(condition, request))
  )
}

const NOWHERE: Origin = { resource: { group: '', kind: '', namespace: '', name: '' }, path: [] }

/** All parts that are there fit. */
function isCaller({ principals, namespaces, addresses }: Caller, request: EvaluatedRequest): boolean {
  const uri = request.peer?.uri
  return (
    (principals === undefined || (uri !== undefined && principals.some((one) => isPrincipal(one, uri)))) &&
    (namespaces === undefined || namespaces.includes(namespaceOf(uri) ?? '')) &&
    (addresses === undefined || isAddress(addresses, request.source.address))
  )
}

function isPrincipal(principal: string, uri: string): boolean {
  return principal.endsWith('/*') ? uri.startsWith(principal.slice(0, -1)) : uri === principal
}

/** As mesh identities are written: `spiffe://DOMAIN/ns/NAMESPACE/…`. */
function namespaceOf(uri: string | undefined): string | undefined {
  return /^spiffe:\/\/[^/]+\/ns\/([^/]+)\//.exec(uri ?? '')?.[1]
}

function isAddress(ranges: readonly string[], address: string): boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
    if (isIP(network) === 0) continue
    if (bits === undefined) list.addAddress(network, family)
    else list.addSubnet(network, Number(bits), family)
  }
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
