import { InstructionLimit } from '@quadrant/proto'
import { PathCache } from './path-cache.ts'
import { type CompiledRouteRule, rulesOfService } from './route-rule.ts'
import { ServiceRoutes } from './service-routes.ts'

export interface RouteTableOptions {
  /** As `compileRouteRules` gives them. Default none. */
  readonly rules?: readonly CompiledRouteRule[]
  /** Routes of one service that are told apart; the rest is `~other`. Default 200. */
  readonly routesPerServiceMax?: number
}

export interface RouteTableLimits {
  /** Services whose routes are told apart; of others all is `~other`. Default 256. */
  readonly servicesMax?: number
  /** Paths of all services whose routes are at hand. Default 32,768. */
  readonly cachedPathsMax?: number
}

export const ROUTES_PER_SERVICE_DEFAULT = 200

/** Requests that were told as `~other`, since the table is there. */
export interface RouteDrop {
  readonly stage: 'tracer.routes'
  readonly reason: 'route-limit' | 'service-limit'
  readonly count: number
}

/** The routes of all services of a host. */
export class RouteTable {
  readonly #services = new Map<string, ServiceRoutes>()
  readonly #servicesMax: number
  readonly #cache: PathCache
  /** All that is told of services over the limit. */
  readonly #other: ServiceRoutes
  #rules: readonly CompiledRouteRule[] = []
  #routesMax = ROUTES_PER_SERVICE_DEFAULT

  constructor(
    options: RouteTableOptions = {},
    { servicesMax = 256, cachedPathsMax = 32_768 }: RouteTableLimits = {},
  ) {
    this.#servicesMax = servicesMax
    this.#cache = new PathCache(cachedPathsMax)
    this.#other = new ServiceRoutes({ rules: [], routesMax: 0 }, this.#cache)
    this.configure(options)
  }

  /** Cumulative. */
  get drops(): readonly RouteDrop[] {
    let count = 0
    for (const { otherCount } of this.#services.values()) count += otherCount
    return [
      { stage: 'tracer.routes', reason: 'route-limit', count },
      { stage: 'tracer.routes', reason: 'service-limit', count: this.#other.otherCount },
    ]
  }

  /** The routes of a service; hold on to it for as long as requests of it come. */
  of(service: string): ServiceRoutes {
    const known = this.#services.get(service)
    if (known) return known
    if (this.#services.size >= this.#servicesMax) return this.#other
    const routes = new ServiceRoutes(this.#optionsOf(service), this.#cache)
    this.#services.set(service, routes)
    return routes
  }

  /** Follows other rules and limits from here on. Routes that were told by what was learned stay. */
  configure({ rules = [], routesPerServiceMax = ROUTES_PER_SERVICE_DEFAULT }: RouteTableOptions): void {
    this.#rules = rules
    this.#routesMax = Math.min(routesPerServiceMax, InstructionLimit.routesPerService)
    this.#cache.clear()
    for (const [service, routes] of this.#services) routes.configure(this.#optionsOf(service))
  }

  #optionsOf(service: string) {
    return { rules: rulesOfService(this.#rules, service), routesMax: this.#routesMax }
  }
}
