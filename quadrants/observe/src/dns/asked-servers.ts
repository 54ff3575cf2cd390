import { Family, RecordFlag, RecordKind, SockWord } from '../kernel/record.ts'

export const DNS_PORT = 53
const UDP = 17
/** Told apart between two looks of somebody who takes them. */
const TAKEN_MAX = 1024

/** A name server, and from where it was asked. */
export interface AskedServer {
  /** Inode of the network namespace. */
  readonly netns: number
  /** 4 or 16 bytes, network order. */
  readonly server: Uint8Array
  /** Of the socket that asked; undefined while that has none of its own. */
  readonly local?: Uint8Array | undefined
}

/**
 * The name servers that somebody in a namespace has sent to, by records of UDP sockets. An answer of another is not
 * believed: anybody on the network can send one.
 */
export class AskedServers {
  readonly #limit: number
  /** The one that was not heard of the longest first. */
  readonly #servers = new Set<string>()
  #taken = new Map<string, AskedServer>()

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
    const bytes = ((head >>> 8) & 0xff) === Family.inet6 ? 16 : 4
    const read = (word: number) =>
      new Uint8Array(words.buffer, words.byteOffset + (at + word) * 4, bytes).slice()
    const [server, local] = [read(SockWord.remote), read(SockWord.local)]
    const netns = words[at + SockWord.netns]!
    this.#add(keyOf(netns, server))
    const isLocal = local.some((byte) => byte !== 0)
    if (this.#taken.size < TAKEN_MAX)
      this.#taken.set(`${keyOf(netns, server)}/${isLocal ? local.join('.') : ''}`, {
        netns,
        server,
        local: isLocal ? local : undefined,
      })
  }

  /** @param server 4 or 16 bytes, network order */
  has(netns: number, server: Uint8Array): boolean {
    return this.#servers.has(keyOf(netns, server))
  }

  /** Those that records told of since the last call. */
  take(): Iterable<AskedServer> {
    const taken = this.#taken
    if (taken.size > 0) this.#taken = new Map()
    return taken.values()
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
