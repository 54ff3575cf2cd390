import { isIP } from 'node:net'
import type { EndpointAddress } from '../cluster/endpoint.ts'
import type { ClusterSpec } from '../config/cluster-spec.ts'
import { Deadline, type DeadlineOwner, type DeadlineWheel } from '../time/deadline-wheel.ts'

/** All addresses of a name. @throws where there is none, or nobody to ask */
export type Resolve = (host: string, family: 'any' | 'v4' | 'v6') => Promise<readonly string[]>

/** More addresses of one name than that are not used. */
const ADDRESSES_MAX = 256

/** The addresses of a cluster's endpoints: names are looked up again and again; what is not found stays as it was. */
export class EndpointAddresses implements DeadlineOwner {
  readonly #spec: ClusterSpec
  readonly #resolve: Resolve
  readonly #wheel: DeadlineWheel
  readonly #onChange: (addresses: readonly EndpointAddress[]) => void
  readonly #deadline = new Deadline(this)
  readonly #known = new Map<string, readonly string[]>()
  #failureCount = 0
  #isClosed = false

  constructor(
    spec: ClusterSpec,
    resolve: Resolve,
    wheel: DeadlineWheel,
    onChange: (addresses: readonly EndpointAddress[]) => void,
  ) {
    this.#spec = spec
    this.#resolve = resolve
    this.#wheel = wheel
    this.#onChange = onChange
  }

  /** Look-ups that failed. */
  get failureCount(): number {
    return this.#failureCount
  }

  /** Ends when each name has been looked up once, found or not. */
  async begin(): Promise<void> {
    this.#tell()
    await this.#lookUp()
  }

  close(): void {
    this.#isClosed = true
    this.#wheel.clear(this.#deadline)
  }

  onDeadline(): void {
    void this.#lookUp()
  }

  async #lookUp(): Promise<void> {
    const { endpoints, dns } = this.#spec
    const names = new Set(endpoints.map(({ host }) => host).filter((host) => isIP(host) === 0))
    if (names.size === 0) return
    let hasChanged = false
    const lookUps = [...names].map(async (name) => {
      try {
        const addresses = [...new Set(await this.#resolve(name, dns.family))].sort().slice(0, ADDRESSES_MAX)
        if (addresses.length === 0 || String(addresses) === String(this.#known.get(name))) return
        this.#known.set(name, addresses)
        hasChanged = true
      } catch {
        this.#failureCount++
      }
    })
    await Promise.all(lookUps)
    if (this.#isClosed) return
    if (hasChanged) this.#tell()
    this.#wheel.set(this.#deadline, dns.refreshMs)
  }

  #tell(): void {
    const addresses = this.#spec.endpoints.flatMap(({ host, port, weight, priority }) => {
      const ips = isIP(host) === 0 ? (this.#known.get(host) ?? []) : [host]
      return ips.map((ip) => ({ ip, port, host, weight, priority }))
    })
    this.#onChange(addresses)
  }
}
