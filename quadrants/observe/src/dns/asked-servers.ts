import { Family, RecordFlag, RecordKind, SockWord } from '../kernel/record.ts'

export const DNS_PORT = 53
const UDP = 17

/**
 * The name servers that somebody in a namespace has sent to, by records of UDP sockets. An answer of another is not
 * believed: anybody on the network can send one.
 */
export class AskedServers {
  readonly #limit: number
  /** The one that was not heard of the longest first. */
  readonly #servers = new Set<string>()

  /** @param limit most servers at once */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** A record of a socket, of any protocol. */
  socket(words: Uint32Array, at: number): void {
    if (words[at + SockWord.ports]! >>> 16 !== DNS_PORT) return
    const head = words[at + SockWord.head]!
    if (((head >>> 16) & 0xff) !== UDP) return
    // Who only received from a server has not asked it.
    const isPeer = (head & 0xff) === RecordKind.udpPeer
    if (isPeer && ((head >>> 24) & RecordFlag.initiator) === 0) return
    const bytes = new Uint8Array(words.buffer, words.byteOffset + (at + SockWord.remote) * 4, 16)
    const isV6 = ((head >>> 8) & 0xff) === Family.inet6
    this.#add(keyOf(words[at + SockWord.netns]!, isV6 ? bytes : bytes.subarray(0, 4)))
  }

  /** @param server 4 or 16 bytes, network order */
  has(netns: number, server: Uint8Array): boolean {
    return this.#servers.has(keyOf(netns, server))
  }

  #add(key: string): void {
    this.#servers.delete(key)
    this.#servers.add(key)
    if (this.#servers.size <= this.#limit) return
    for (const oldest of this.#servers) {
      this.#servers.delete(oldest)
      return
    }
  }
}

function keyOf(netns: number, server: Uint8Array): string {
  return `${netns}/${server.join('.')}`
}
