import { labelsOf, pathOfTarget } from './path-labels.ts'
import type { PathCache } from './path-cache.ts'
import { type CompiledRouteRule, matchesRule } from './route-rule.ts'
import { RouteTree } from './route-tree.ts'
import { literalsOf } from './path-literals.ts'

/** What stands for all routes over the limit. */
export const OTHER_ROUTE = '~other'
/** Share of the routes that only names and rules may have: words that came first leave room for what is learned. */
const RESERVED_SHARE = 0.1
/** Positions in paths, for each route. */
const NODES_PER_ROUTE = 5
/** And however few routes there are: a name is learned from some dozens of values. */
const NODES_LEAST = 500
/** A method of gRPC as its path (gRPC over HTTP/2, "Requests"). */
const GRPC_METHOD = /^\/[a-z_][\w.]{0,200}\/[a-z_]\w{0,100}$/i

export interface ServiceRoutesOptions {
  /** In their order, those of this service. */
  readonly rules: readonly CompiledRouteRule[]
  /** Routes that are told apart. */
  readonly routesMax: number
}

/** The routes of one service: by its rules, then by what was learned of its paths. */
export class ServiceRoutes {
  readonly #cache: PathCache
  readonly #routesByPath: ReadonlyMap<string, string>
  readonly #tree: RouteTree
  readonly #told = new Set<string>()
  #options: ServiceRoutesOptions
  #wordCount = 0
  #otherCount = 0

  constructor(options: ServiceRoutesOptions, cache: PathCache) {
    this.#options = options
    this.#cache = cache
    this.#routesByPath = cache.open()
    this.#tree = new RouteTree(NODES_LEAST + options.routesMax * NODES_PER_ROUTE)
  }

  /** Routes that were told, without `~other`. */
  get routes(): ReadonlySet<string> {
    return this.#told
  }

  /** Requests that were told as `~other`. */
  get otherCount(): number {
    return this.#otherCount
  }

  /** What was told stays, whatever the limit is now. */
  configure(options: ServiceRoutesOptions): void {
    this.#options = options
  }

  /**
   * The route of one request, which is counted: a template of its path, `~other`, or empty where its target has no path.
   *
   * @param target in any form (RFC 9112, section 3.2); a query is no part of the route.
   * @param count of requests, for what is told of those that have no route of their own
   */
  routeOf(target: string, count = 1): string {
    const path = pathOfTarget(target)
    if (path === undefined) return ''
    return this.#routesByPath.get(path) ?? this.#keep(path, this.#byRule(path) ?? this.#learned(path), count)
  }

  /** The route of one request of gRPC: its method as it is, `/shop.Cart/Add`. */
  grpcRouteOf(path: string, count = 1): string {
    const known = this.#routesByPath.get(path)
    if (known !== undefined) return known
    if (!GRPC_METHOD.test(path)) return this.routeOf(path, count)
    return this.#keep(path, this.#byRule(path) ?? this.#tell(path, false), count)
  }

  #keep(path: string, route: string | undefined, count: number): string {
    // It may have a route as soon as more is learned.
    if (route === undefined) {
      this.#otherCount += count
      return OTHER_ROUTE
    }
    this.#cache.keep(this.#routesByPath, path, route)
    return route
  }

  #byRule(path: string): string | undefined {
    const { rules } = this.#options
    if (rules.length === 0) return undefined
    const segments = literalsOf(path)
    const rule = rules.find((candidate) => matchesRule(candidate, segments))
    return rule && this.#tell(rule.route, true)
  }

  #learned(path: string): string | undefined {
    const labels = labelsOf(path)
    const known = this.#tree.find(labels)
    if (known !== undefined) return known
    const learned = this.#tree.learn(labels)
    if (!learned) return undefined
    const { node, route } = learned
    const told = this.#tell(route, route.includes('/{name}'))
    if (told !== undefined) node.route = told
    return told
  }

  /** Undefined where it would be one too many. */
  #tell(route: string, mayBeReserved: boolean): string | undefined {
    if (this.#told.has(route)) return route
    const { routesMax } = this.#options
    if (this.#told.size >= routesMax) return undefined
    if (!mayBeReserved) {
      if (this.#wordCount >= Math.ceil(routesMax * (1 - RESERVED_SHARE))) return undefined
      this.#wordCount++
    }
    this.#told.add(route)
    return route
  }
}
