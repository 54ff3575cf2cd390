import type { JwtKeysSpec } from '../../config/guard-spec.ts'
import { readKeySet, type TokenKey } from './json-web-key-set.ts'

/** Asks a cluster for a JWKS; undefined where it does not give any. */
export type FetchKeys = (cluster: string, uri: string, done: (jwks: string | undefined) => void) => void

/** Requests that wait for keys at one time; more are answered as if there were none. */
const WAITING_MAX = 1024
/** After keys could not be had. */
const RETRY_MS = 1000

/** The keys of a provider: what is old is used until there is something newer. */
export class ProviderKeys {
  readonly #spec: JwtKeysSpec
  readonly #fetch: FetchKeys
  readonly #nowMs: () => number
  #keys: readonly TokenKey[] | undefined
  #staleMs = 0
  #isFetching = false
  #waiting: ((keys: readonly TokenKey[] | undefined) => void)[] = []

  constructor(spec: JwtKeysSpec, fetch: FetchKeys, nowMs: () => number) {
    this.#spec = spec
    this.#fetch = fetch
    this.#nowMs = nowMs
    if (spec.kind === 'inline') {
      this.#keys = readKeySet(spec.jwks) ?? []
      this.#staleMs = Infinity
    }
  }

  /** What is there by now; asks for newer ones where they are due. */
  current(): readonly TokenKey[] | undefined {
    if (this.#nowMs() >= this.#staleMs) this.#refresh()
    return this.#keys
  }

  /** When they are there. Gives what cancels it. */
  wait(then: (keys: readonly TokenKey[] | undefined) => void): () => void {
    if (this.#keys !== undefined || !this.#isFetching || this.#waiting.length >= WAITING_MAX) {
      then(this.#keys)
      return () => {}
    }
    this.#waiting.push(then)
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== then)
    }
  }

  #refresh(): void {
    if (this.#isFetching || this.#spec.kind !== 'remote') return
    this.#isFetching = true
    const { cluster, uri, cacheMs } = this.#spec
    this.#fetch(cluster, uri, (jwks) => {
      const keys = jwks === undefined ? undefined : readKeySet(jwks)
      this.#isFetching = false
      this.#keys = keys ?? this.#keys
      this.#staleMs = this.#nowMs() + (keys === undefined ? RETRY_MS : cacheMs)
      const waiting = this.#waiting
      this.#waiting = []
      for (const then of waiting) then(this.#keys)
    })
  }
}
