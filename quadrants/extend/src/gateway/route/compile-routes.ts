import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { ExtendError } from '../../error.ts'
import type { RouteSpec, VirtualHostSpec } from '../config/route-spec.ts'
import { compileCondition, type Condition } from '../guard/condition.ts'
import type { RequestView } from '../guard/expression/request-view.ts'
import { hostOf } from './authority-host.ts'
import { compileHeaderEdits } from './compile-header-edits.ts'
import { DomainTable } from './domain-table.ts'
import { PathIndex } from './path-index.ts'
import { pathRewriter } from './path-rewriter.ts'
import { type RouteCondition, routeCondition } from './route-condition.ts'
import type { Route, RouteTable } from './route-table.ts'

/**
 * Makes virtual hosts once into what finds routes by them.
 *
 * @throws {ExtendError} `argument`, where a pattern or a format cannot be used; `findGatewayProblems` says so before.
 */
export function compileRoutes(virtualHosts: readonly VirtualHostSpec[]): RouteTable {
  try {
    const domains = new DomainTable<HostRoutes>()
    for (const virtualHost of virtualHosts) {
      const routes = new HostRoutes(virtualHost)
      for (const domain of virtualHost.domains) domains.add(domain, routes)
    }
    return {
      match: (headers, view) => domains.find(hostOf(headers.get(':authority') ?? ''))?.match(headers, view),
      hasConditions: virtualHosts.some(({ routes }) =>
        routes.some(({ condition }) => condition !== undefined),
      ),
    }
  } catch (error) {
    throw ExtendError.from(error, 'argument')
  }
}

/** Routes of one virtual host. */
class HostRoutes {
  readonly #routes: readonly Route[]
  readonly #conditions: readonly (RouteCondition | undefined)[]
  readonly #paths = new PathIndex()
  /** Of the request that is looked at: `#accepts` is made once, not for each. */
  #headers: HeaderMap | undefined
  #query = ''
  #view: RequestView | undefined
  readonly #others: readonly (Condition | undefined)[]

  constructor(virtualHost: VirtualHostSpec) {
    this.#routes = virtualHost.routes.map((spec) => routeOf(spec, virtualHost))
    this.#conditions = virtualHost.routes.map(({ match }) => routeCondition(match))
    this.#others = virtualHost.routes.map(({ condition }) => condition && compileCondition(condition))
    for (const [order, { match }] of virtualHost.routes.entries())
      this.#paths.add(order, match.path, match.isCaseSensitive)
  }

  match(headers: HeaderMap, view: RequestView | undefined): Route | undefined {
    const target = headers.get(':path') ?? ''
    const mark = target.indexOf('?')
    this.#headers = headers
    this.#view = view
    this.#query = mark === -1 ? '' : target.slice(mark + 1)
    const order = this.#paths.find(mark === -1 ? target : target.slice(0, mark), this.#accepts)
    this.#headers = undefined
    this.#view = undefined
    return order === -1 ? undefined : this.#routes[order]
  }

  readonly #accepts = (order: number): boolean => {
    const condition = this.#conditions[order]
    if (condition !== undefined && (this.#headers === undefined || !condition(this.#headers, this.#query)))
      return false
    const other = this.#others[order]
    return other === undefined || (this.#view !== undefined && other(this.#view))
  }
}

function routeOf(spec: RouteSpec, virtualHost: VirtualHostSpec): Route {
  const { action, match } = spec
  const rewrite =
    action.kind === 'forward' ? action.pathRewrite : action.kind === 'redirect' ? action.path : undefined
  return {
    name: spec.name,
    spec,
    virtualHost,
    requestHeaders: compileHeaderEdits([spec.requestHeaders, virtualHost.requestHeaders]),
    responseHeaders: compileHeaderEdits([spec.responseHeaders, virtualHost.responseHeaders]),
    rewritePath: rewrite && pathRewriter(rewrite, match),
  }
}
