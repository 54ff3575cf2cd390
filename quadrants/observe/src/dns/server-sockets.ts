import { formatAddress } from '@quadrant/core'
import type { RawSocket } from '@quadrant/ebpf'
import type { NetworkNamespace } from '../discover/namespaces.ts'
import type { AskedServer } from './asked-servers.ts'
import { RefusedServers } from './refused-servers.ts'
import { type DnsPrograms, isNamespace, openServerSocket } from './server-socket.ts'

/** Sockets at a time. Before Linux 6.3 the kernel compares every datagram of the host with each: 4 ns. */
const SOCKETS_MAX = 64
/** Of one namespace, whose datagrams are compared with each; a resolver that asks thousands leaves room for others. */
const NAMESPACE_SOCKETS_MAX = 8
/** Closed when nobody asked for so long. */
const IDLE_NS = 600e9
/** Where there is no room, one that was asked within this time does not go for another. */
const KEPT_NS = 60e9

interface Opened {
  readonly netns: number
  readonly socket: RawSocket
  /** Two where its address is the one of the route, and was asked for by itself too. */
  readonly keys: Set<string>
  /** When it was asked last, 0 for one that only a resolver's file tells of. */
  askedNs: number
  /** When it was wanted last, by whomever. */
  wantedNs: number
}

/** The raw sockets in the network namespaces of this host, each for the answers of one name server to one address. */
export class ServerSockets implements Disposable {
  readonly refused = new RefusedServers()
  readonly #programs: DnsPrograms
  /** By inode. */
  readonly #paths = new Map<number, string>()
  readonly #opened = new Set<Opened>()
  readonly #byKey = new Map<string, Opened>()
  readonly #byCookie = new Map<number, Opened>()
  #late = 0

  constructor(programs: DnsPrograms) {
    this.#programs = programs
  }

  /** Sockets that were opened because somebody had asked already, so far: what came first was not seen. */
  get lateCount(): number {
    return this.#late
  }

  /**
   * An answer came by a socket, so its server is asked still: what a connected socket sends after its first, no record
   * tells.
   *
   * @returns inode of the namespace; undefined where the socket is closed
   */
  heard(cookie: number, nowNs: number): number | undefined {
    const opened = this.#byCookie.get(cookie)
    if (opened !== undefined) opened.askedNs = opened.wantedNs = nowNs
    return opened?.netns
  }

  /** Where sockets may be opened from now on. */
  follow(namespaces: readonly NetworkNamespace[]): void {
    this.#paths.clear()
    for (const { inode, path } of namespaces) this.#paths.set(inode, path)
  }

  /**
   * Opens a socket where there is none yet.
   *
   * @param isAsked somebody sent to it; otherwise somebody may
   */
  want(server: AskedServer, nowNs: number, isAsked: boolean): void {
    const key = keyOf(server)
    const opened = this.#byKey.get(key) ?? this.#open(server, key, nowNs, isAsked)
    if (opened === undefined) return
    opened.wantedNs = nowNs
    if (isAsked) opened.askedNs = nowNs
  }

  /**
   * Closes the sockets of namespaces that nobody is in any more (the kernel keeps a namespace while a socket is open in
   * it), and those of servers that are not asked any more.
   */
  release(nowNs: number): void {
    const forsaken = new Map<number, boolean>()
    for (const opened of this.#opened) {
      const { netns, wantedNs } = opened
      let isForsaken = forsaken.get(netns)
      if (isForsaken === undefined) forsaken.set(netns, (isForsaken = !this.#isThere(netns)))
      if (isForsaken || nowNs - wantedNs > IDLE_NS) this.#close(opened)
    }
    this.refused.forget(nowNs)
  }

  [Symbol.dispose](): void {
    for (const opened of this.#opened) this.#close(opened)
  }

  #open(server: AskedServer, key: string, nowNs: number, isAsked: boolean): Opened | undefined {
    const path = this.#paths.get(server.netns)
    // A namespace that is not listed yet: its server is asked again.
    if (path === undefined || this.refused.has(key, nowNs, isAsked)) return undefined
    const room = this.#findRoom(server.netns, nowNs)
    const socket = room === 'none' ? 'too many' : openServerSocket(path, server, this.#programs)
    if (typeof socket === 'string')
      this.refused.add(key, { server: server.server, nowNs, isAsked, reason: socket })
    if (typeof socket !== 'object') return undefined
    this.refused.delete(key)
    let opened = this.#byKey.get(keyOf({ ...server, local: socket.local }))
    if (opened === undefined) {
      if (typeof room === 'object') this.#close(room)
      opened = this.#add(server, socket)
      if (isAsked) this.#late++
    } else socket[Symbol.dispose]() // Both would be offered the same answers.
    opened.keys.add(key)
    this.#byKey.set(key, opened)
    return opened
  }

  #add(server: AskedServer, socket: RawSocket): Opened {
    const key = keyOf({ ...server, local: socket.local })
    const opened: Opened = { netns: server.netns, socket, keys: new Set([key]), askedNs: 0, wantedNs: 0 }
    this.#opened.add(opened)
    this.#byKey.set(key, opened)
    this.#byCookie.set(socket.cookie, opened)
    return opened
  }

  /** Room for one more in a namespace: there is some, or this one may go, which was not asked the longest. */
  #findRoom(netns: number, nowNs: number): Opened | 'free' | 'none' {
    const own = [...this.#opened].filter((opened) => opened.netns === netns)
    const isFull = own.length >= NAMESPACE_SOCKETS_MAX
    if (!isFull && this.#opened.size < SOCKETS_MAX) return 'free'
    let oldest: Opened | undefined
    for (const opened of isFull ? own : this.#opened)
      if (oldest === undefined || opened.askedNs < oldest.askedNs) oldest = opened
    return oldest === undefined || nowNs - oldest.askedNs < KEPT_NS ? 'none' : oldest
  }

  #isThere(netns: number): boolean {
    const path = this.#paths.get(netns)
    return path !== undefined && isNamespace(path, netns)
  }

  #close(opened: Opened): void {
    this.#opened.delete(opened)
    for (const key of opened.keys) this.#byKey.delete(key)
    this.#byCookie.delete(opened.socket.cookie)
    opened.socket[Symbol.dispose]()
  }
}

function keyOf({ netns, server, local }: AskedServer): string {
  return `${netns}/${formatAddress(server)}/${local === undefined ? '' : formatAddress(local)}`
}
