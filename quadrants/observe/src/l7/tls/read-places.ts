import type { TlsPlace } from '../opaque-connections.ts'
import type { EndFinder } from '../request-ends.ts'
import type { TlsBeginning } from './tls-requests.ts'

/** It may take so many ticks until an edge says which server a client asks. */
const WAIT_TICKS = 2
/** Places, not connections. */
const WAITING_MAX = 4096

export interface ReadPlacesOptions {
  readonly finder: EndFinder
  /** Whether the TLS of a process is read. */
  readonly reads: (process: number) => boolean
  readonly cgroupOf: (process: number) => number | undefined
}

interface Waiting {
  readonly begun: TlsBeginning
  readonly sinceTick: number
  count: number
}

/**
 * Where connections whose TLS is read are counted by their packets: at their own side, and at that of a server of this
 * host which is not read itself.
 */
export class ReadPlaces {
  readonly #options: ReadPlacesOptions
  /** Connections of clients, by where they are counted at their own side. */
  #waiting = new Map<string, Waiting>()
  #tick = 0

  constructor(options: ReadPlacesOptions) {
    this.#options = options
  }

  /** The places of those that began in a tick, one for each connection. */
  *of(begun: Iterable<TlsBeginning>): Generator<TlsPlace> {
    this.#tick++
    for (const one of begun) {
      yield one
      if (one.side === 'client') this.#add(one)
    }
    const waiting = this.#waiting
    this.#waiting = new Map()
    for (const [key, entry] of waiting) {
      const server = this.#serverOf(entry.begun)
      if (server === undefined && this.#tick - entry.sinceTick < WAIT_TICKS) this.#waiting.set(key, entry)
      if (typeof server === 'object') for (let i = 0; i < entry.count; i++) yield server
    }
  }

  #add(begun: TlsBeginning): void {
    const { cgroupId, serverPort, serverAddress } = begun
    const key = `${cgroupId} ${serverPort} ${serverAddress}`
    const known = this.#waiting.get(key)
    if (known !== undefined) known.count++
    else if (this.#waiting.size < WAITING_MAX)
      this.#waiting.set(key, { begun, sinceTick: this.#tick, count: 1 })
  }

  /** Undefined where it is not known as yet. */
  #serverOf({ cgroupId, serverPort, serverAddress }: TlsBeginning): TlsPlace | 'none' | undefined {
    const { finder, reads, cgroupOf } = this.#options
    const place = { cgroupId, side: 'client', serverPort, serverAddress, peer: 'loopback' } as const
    const ends = finder.find(place, () => false)
    if (ends === undefined) return undefined
    if (ends === 'elsewhere' || typeof ends.server !== 'number' || ends.server < 0) return 'none'
    const group = reads(ends.server) ? undefined : cgroupOf(ends.server)
    return group === undefined ? 'none' : { cgroupId: group, side: 'server', serverPort, serverAddress: '' }
  }
}
