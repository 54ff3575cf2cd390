import type { BalancerSpec } from '../config/cluster-spec.ts'
import { type Balancer, balancerOf } from './balancer/balancer.ts'
import type { EndpointState } from './endpoint-state.ts'

/** A level that has 72 of 100 healthy still takes everything, since the others have that much to spare (Envoy's 1.4). */
const OVERPROVISIONING = 1.4

interface Level {
  readonly all: readonly EndpointState[]
  readonly usable: readonly EndpointState[]
  /** Of 100 requests. */
  readonly share: number
  readonly isPanicking: boolean
  balancer: Balancer | undefined
}

/** How requests are spread over priorities while the health of endpoints stays as it is. */
export class PriorityLevels {
  readonly #levels: readonly Level[]
  readonly #spec: BalancerSpec
  readonly #random: () => number

  constructor(
    endpoints: readonly EndpointState[],
    spec: BalancerSpec,
    panicThresholdPercent: number,
    random: () => number,
  ) {
    this.#spec = spec
    this.#random = random
    const byPriority = Map.groupBy(endpoints, ({ priority }) => priority)
    const groups = [...byPriority.keys()]
      .toSorted((a, b) => a - b)
      .map((priority) => {
        const all = byPriority.get(priority)!
        return { all, usable: all.filter(({ isUsable }) => isUsable) }
      })
    const availability = groups.map(({ all, usable }) =>
      Math.min(100, (usable.length / all.length) * 100 * OVERPROVISIONING),
    )
    const total = Math.min(
      100,
      availability.reduce((sum, one) => sum + one, 0),
    )
    let left = 100
    this.#levels = groups.map(({ all, usable }, index) => {
      const isShort = total < 100 && (usable.length / all.length) * 100 < panicThresholdPercent
      // Nobody is healthy: by how many there are, if they are used at all.
      const share =
        total === 0
          ? isShort
            ? (100 * all.length) / endpoints.length
            : 0
          : Math.min(left, (availability[index]! * 100) / total)
      left -= share
      return { all, usable, share, isPanicking: isShort, balancer: undefined }
    })
  }

  /** Undefined where there is none that may be used. `hash` undefined: at random. */
  pick(
    hash: number | undefined,
  ): { readonly endpoint: EndpointState; readonly isPanic: boolean } | undefined {
    const drawn = hash === undefined ? this.#random() * 100 : hash % 100
    const level = this.#levelAt(drawn)
    if (!level) return undefined
    const endpoints = level.isPanicking ? level.all : level.usable
    if (endpoints.length === 0) return undefined
    level.balancer ??= balancerOf(this.#spec, endpoints, this.#random)
    return {
      endpoint: level.balancer.pick(hash ?? Math.floor(this.#random() * 2 ** 32)),
      isPanic: level.isPanicking,
    }
  }

  /** One that was not tried, where chance does not find it. */
  other(tried: ReadonlySet<object>): EndpointState | undefined {
    for (const { all, usable, isPanicking, share } of this.#levels)
      if (share > 0) {
        const found = (isPanicking ? all : usable).find((endpoint) => !tried.has(endpoint))
        if (found) return found
      }
    return undefined
  }

  #levelAt(drawn: number): Level | undefined {
    let left = drawn
    for (const level of this.#levels) {
      left -= level.share
      if (left < 0) return level
    }
    // Rounding has left a little over.
    return this.#levels.findLast(({ share }) => share > 0)
  }
}
