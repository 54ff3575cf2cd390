import { globMatch } from '@quadrant/core'
import type { SamplingRule } from './sampling-rule.ts'

/**
 * The second look at what the kernel captured for a rule that names a route: the kernel compares how paths begin, and
 * which route a path has is known in user space.
 */
export class RouteConfirmation {
  readonly #rules: readonly SamplingRule[]
  readonly #seconds: Float64Array
  readonly #taken: Float64Array

  /** @param rules those of one generation, in their order. */
  constructor(rules: readonly SamplingRule[]) {
    this.#rules = rules
    this.#seconds = new Float64Array(rules.length).fill(-1)
    this.#taken = new Float64Array(rules.length)
  }

  /**
   * Whether the rule at a place of the table really asked for it. False for a place at which no rule is.
   *
   * @param startNs of the request; requests come in about their order.
   */
  confirms(place: number, route: string, startNs: number): boolean {
    const rule = this.#rules[place]
    if (rule === undefined) return false
    if (rule.route === undefined) return true
    if (!globMatch(rule.route, route)) return false
    return rule.rate === undefined || 'perThousand' in rule.rate
      ? true
      : this.#isFirst(place, startNs, rule.rate.perSecond)
  }

  /** A request of a second that is past already counts into the newest one. */
  #isFirst(place: number, startNs: number, perSecond: number): boolean {
    const second = Math.floor(startNs / 1e9)
    if (second > this.#seconds[place]!) {
      this.#seconds[place] = second
      this.#taken[place] = 0
    }
    if (this.#taken[place]! >= perSecond) return false
    this.#taken[place]!++
    return true
  }
}
