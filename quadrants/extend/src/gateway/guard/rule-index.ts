import type { AuthorizationRuleSpec } from '../config/guard-spec.ts'
import { principalOf } from './caller.ts'
import type { Condition } from './condition.ts'
import { joinedHeader } from './expression/attribute-term.ts'
import type { CelExpression } from './expression/compile-term.ts'
import type { RequestView } from './expression/request-view.ts'

/** A rule, ready to be asked. */
export interface IndexedRule {
  readonly spec: AuthorizationRuleSpec
  readonly fits: Condition
  /** Of its expression; undefined where it has none. */
  readonly ast: CelExpression | undefined
}

/** What a request has to be for a rule to fit: `value` is what `facet` says of it. */
interface Requirement {
  readonly facet: string
  readonly value: string
}

interface Facet {
  readonly read: (request: RequestView) => string | undefined
  readonly orders: Map<string, number[]>
}

const ABSENT: readonly number[] = []

/**
 * Which of many rules is the first that fits. A rule that only fits requests with a certain path, method, header or
 * caller is not looked at for others, however many there are; the rest is asked one after the other.
 */
export class RuleIndex {
  readonly #rules: readonly IndexedRule[]
  readonly #facets = new Map<string, Facet>()
  readonly #facetList: Facet[]
  readonly #others: number[] = []

  constructor(rules: readonly IndexedRule[]) {
    this.#rules = rules
    for (const [order, rule] of rules.entries()) {
      const requirements = requirementsOf(rule)
      if (requirements === undefined) this.#others.push(order)
      else for (const requirement of requirements) this.#add(requirement, order)
    }
    this.#facetList = [...this.#facets.values()]
  }

  find(request: RequestView): IndexedRule | undefined {
    let best = this.#firstOf(this.#others, this.#rules.length, request)
    for (const { read, orders } of this.#facetList) {
      const value = read(request)
      if (value !== undefined) best = this.#firstOf(orders.get(value) ?? ABSENT, best, request)
    }
    return this.#rules[best]
  }

  /** All that fit, in no order. */
  *findAll(request: RequestView): Generator<IndexedRule> {
    for (const order of this.#others) if (this.#rules[order]!.fits(request)) yield this.#rules[order]!
    for (const { read, orders } of this.#facetList)
      for (const order of orders.get(read(request) ?? '') ?? ABSENT)
        if (this.#rules[order]!.fits(request)) yield this.#rules[order]!
  }

  #firstOf(orders: readonly number[], limit: number, request: RequestView): number {
    for (const order of orders) {
      if (order >= limit) break
      if (this.#rules[order]!.fits(request)) return order
    }
    return limit
  }

  #add({ facet: name, value }: Requirement, order: number): void {
    let facet = this.#facets.get(name)
    if (facet === undefined) this.#facets.set(name, (facet = { read: readerOf(name), orders: new Map() }))
    const orders = facet.orders.get(value)
    if (orders === undefined) facet.orders.set(value, [order])
    else if (orders.at(-1) !== order) orders.push(order)
  }
}

const PRINCIPAL = 'principal'
const PATH = 'path'
const SEGMENT = 'segment'
const HEADER = 'header '

function readerOf(facet: string): Facet['read'] {
  if (facet === PRINCIPAL) return principalOf
  if (facet === PATH) return ({ path }) => path
  if (facet === SEGMENT) return ({ path }) => firstSegment(path)
  const name = facet.slice(HEADER.length)
  return ({ headers }) => joinedHeader(headers, name)
}

/** One of these holds whenever the rule fits, all of one facet; undefined where nothing is known of that kind. */
function requirementsOf({ spec: { from, condition }, ast }: IndexedRule): readonly Requirement[] | undefined {
  const { matches } = condition
  const paths = matches.map(({ path, isCaseSensitive }) => (isCaseSensitive ? path : undefined))
  const exact = paths.flatMap((path) => (path?.kind === 'exact' ? [{ facet: PATH, value: path.path }] : []))
  if (exact.length > 0 && exact.length === matches.length) return exact
  const principals = from.map((caller) => caller.principals)
  if (
    from.length > 0 &&
    principals.every((list) => list.length > 0 && !list.some((one) => one.endsWith('/*')))
  )
    return principals.flat().map((value) => ({ facet: PRINCIPAL, value }))
  const known = ast && conjunct(ast)
  if (known !== undefined) return [known]
  const segments = paths.flatMap((path) =>
    path?.kind === 'prefix' && path.path.indexOf('/', 1) !== -1
      ? [{ facet: SEGMENT, value: firstSegment(path.path) }]
      : path?.kind === 'prefix' && path.isSegment && path.path !== '/'
        ? [{ facet: SEGMENT, value: path.path }]
        : [],
  )
  return segments.length > 0 && segments.length === matches.length ? segments : undefined
}

/** `/shop` of `/shop/cart`. */
function firstSegment(path: string): string {
  const end = path.indexOf('/', 1)
  return end === -1 ? path : path.slice(0, end)
}

const FIELDS: Readonly<Record<string, string>> = {
  'request.url_path': PATH,
  'request.method': `${HEADER}:method`,
  'request.host': `${HEADER}:authority`,
}

/** An equality without which the expression is not true. */
function conjunct({ exprKind }: CelExpression): Requirement | undefined {
  if (exprKind.case !== 'callExpr') return undefined
  const { function: name, args } = exprKind.value
  const [left, right] = args
  if (left === undefined || right === undefined) return undefined
  if (name === '_&&_') return conjunct(left) ?? conjunct(right)
  if (name !== '_==_') return undefined
  return equality(left, right) ?? equality(right, left)
}

function equality(attribute: CelExpression, value: CelExpression): Requirement | undefined {
  const text = literalOf(value)
  // eslint-disable-next-line no-control-regex
  if (text === undefined || !/^[\x00-\x7f]*$/.test(text)) return undefined
  const { exprKind } = attribute
  if (exprKind.case === 'selectExpr' && !exprKind.value.testOnly) {
    const { operand, field } = exprKind.value
    if (operand?.exprKind.case === 'identExpr') {
      const facet = FIELDS[`${operand.exprKind.value.name}.${field}`]
      return facet === undefined ? undefined : { facet, value: text }
    }
    return operand && isHeaders(operand) ? { facet: HEADER + field.toLowerCase(), value: text } : undefined
  }
  if (exprKind.case !== 'callExpr' || exprKind.value.function !== '_[_]') return undefined
  const [map, key] = exprKind.value.args
  const name = key && literalOf(key)
  return map && name !== undefined && isHeaders(map)
    ? { facet: HEADER + name.toLowerCase(), value: text }
    : undefined
}

function isHeaders({ exprKind }: CelExpression): boolean {
  if (exprKind.case !== 'selectExpr' || exprKind.value.testOnly || exprKind.value.field !== 'headers')
    return false
  const operand = exprKind.value.operand?.exprKind
  return operand?.case === 'identExpr' && operand.value.name === 'request'
}

function literalOf({ exprKind }: CelExpression): string | undefined {
  return exprKind.case === 'constExpr' && exprKind.value.constantKind.case === 'stringValue'
    ? exprKind.value.constantKind.value
    : undefined
}
