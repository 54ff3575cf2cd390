import { formatAddress } from '@quadrant/core'

const SERVERS_MAX = 1024
/** Tried again after so long. */
const RETRIED_NS = 30e9
/** Forgotten when not tried again. */
const FORGOTTEN_NS = 600e9
/** Called by their addresses; the rest are a number. */
const NAMED_MAX = 3

export interface RefusedServer {
  /** 4 or 16 bytes, network order. */
  readonly server: Uint8Array
  readonly nowNs: number
  /** Somebody sent to it; otherwise nothing is missed. */
  readonly isAsked: boolean
  /** What the kernel said, or that there are too many. */
  readonly reason: string
}

/** Name servers whose answers are not seen, and why. */
export class RefusedServers {
  /** By server and where it was asked from; the oldest first. */
  readonly #servers = new Map<string, RefusedServer>()

  /** Whether it is too early to try again. The first who asks need not wait. */
  has(key: string, nowNs: number, isAsked: boolean): boolean {
    const known = this.#servers.get(key)
    if (known === undefined || (isAsked && !known.isAsked)) return false
    return nowNs - known.nowNs < RETRIED_NS
  }

  add(key: string, server: RefusedServer): void {
    this.delete(key)
    this.#servers.set(key, server)
    if (this.#servers.size <= SERVERS_MAX) return
    for (const oldest of this.#servers.keys()) {
      this.#servers.delete(oldest)
      return
    }
  }

  delete(key: string): void {
    this.#servers.delete(key)
  }

  forget(nowNs: number): void {
    for (const [key, server] of this.#servers)
      if (nowNs - server.nowNs > FORGOTTEN_NS) this.#servers.delete(key)
  }

  blindSpots(): readonly string[] {
    const byReason = new Map<string, Set<string>>()
    for (const { server, isAsked, reason } of this.#servers.values()) {
      if (!isAsked) continue
      const servers = byReason.get(reason) ?? new Set()
      byReason.set(reason, servers.add(formatAddress(server)))
    }
    return [...byReason].map(([reason, servers]) => {
      const named = [...servers].slice(0, NAMED_MAX)
      const more = servers.size - named.length
      const list = `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
      return `answers of name servers are not seen (${reason}): ${list}`
    })
  }
}
