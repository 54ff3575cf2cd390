import { GovernError } from '../error.ts'
import type { DiscoveryRequest } from './discovery-request.ts'
import type { ResourceType } from './resource-type.ts'

const WILDCARD = '*'

/** What a request changes in what a client wants. */
export interface InterestChange {
  /** Asked for now: anew, or in the incremental variant once more. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** All that there is is wanted now, and was not before; or the other way round. */
  readonly all: 'wanted' | 'unwanted' | undefined
}

/** Which names of one type a client wants. */
export class Interest {
  /** As whoever keeps them has them (see `TypeCache.watch`). */
  readonly names = new Set<string>()
  readonly #type: ResourceType
  readonly #namesMax: number
  #isAll = false
  /** It gets all of a type without saying so, as it has named none yet ("legacy wildcard"). */
  #isLegacy = false
  #isBegun = false

  constructor(type: ResourceType, namesMax: number) {
    this.#type = type
    this.#namesMax = namesMax
  }

  get isAll(): boolean {
    return this.#isAll
  }

  /** Whether there was a request at all. */
  get isBegun(): boolean {
    return this.#isBegun
  }

  /** State of the world: each request has all names. @throws {GovernError} `too-large` */
  takeWhole(names: readonly string[]): InterestChange {
    const wanted = new Set(names)
    // Only who has never named anything means all by naming nothing.
    this.#isLegacy = this.#type.isWhole && names.length === 0 && (!this.#isBegun || this.#isLegacy)
    const isAll = wanted.delete(WILDCARD) || this.#isLegacy
    this.check(wanted.size)
    const added = [...wanted].filter((name) => !this.names.has(name))
    const removed = [...this.names].filter((name) => !wanted.has(name))
    return { added, removed, all: this.#want(isAll) }
  }

  /** @throws {GovernError} `too-large` */
  takeDelta({ subscribe, unsubscribe }: DiscoveryRequest): InterestChange {
    if (!this.#isBegun && subscribe.length === 0) this.#isLegacy = true
    let isAll = this.#isAll || this.#isLegacy
    if (subscribe.includes(WILDCARD)) isAll = true
    if (unsubscribe.includes(WILDCARD)) isAll = false
    this.#isLegacy = this.#isLegacy && isAll
    const added = subscribe.filter((name) => name !== WILDCARD)
    this.check(this.names.size + added.length)
    const removed = unsubscribe.filter((name) => name !== WILDCARD && this.names.has(name))
    return { added, removed, all: this.#want(isAll) }
  }

  /** @throws {GovernError} `too-large` */
  check(count: number): void {
    if (count > this.#namesMax)
      throw new GovernError('too-large', `more than ${this.#namesMax} names of ${this.#type.name}`)
  }

  wants(name: string): boolean {
    return this.#isAll || this.names.has(name)
  }

  #want(isAll: boolean): InterestChange['all'] {
    this.#isBegun = true
    if (isAll === this.#isAll) return undefined
    this.#isAll = isAll
    return isAll ? 'wanted' : 'unwanted'
  }
}
