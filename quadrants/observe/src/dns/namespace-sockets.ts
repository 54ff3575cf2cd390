import { statSync } from 'node:fs'
import { EbpfError, type Program, RawSocket, withNetns } from '@quadrant/ebpf'
import type { NetworkNamespace } from '../discover/namespaces.ts'

/** Namespaces with sockets at a time. */
const NAMESPACES_MAX = 512
const UDP = 17
const FAMILIES = [2, 10] as const

interface Opened {
  readonly path: string
  readonly sockets: readonly RawSocket[]
}

/** The raw sockets in the network namespaces of this host, each of which is offered what the kernel delivers there. */
export class NamespaceSockets implements Disposable {
  readonly #programs: Readonly<Record<(typeof FAMILIES)[number], Program>>
  /** By inode. */
  readonly #opened = new Map<number, Opened>()
  readonly #inodes = new Map<number, number>()
  #left = 0
  #refused: string | undefined

  constructor(programs: { readonly v4: Program; readonly v6: Program }) {
    this.#programs = { 2: programs.v4, 10: programs.v6 }
  }

  get count(): number {
    return this.#opened.size
  }

  /** Namespaces that have none because there are too many. */
  get leftCount(): number {
    return this.#left
  }

  /** What the kernel said the last time that it refused one. */
  get refused(): string | undefined {
    return this.#refused
  }

  /** Inode of the namespace of a socket. */
  namespaceOf(cookie: number): number | undefined {
    return this.#inodes.get(cookie)
  }

  /** Opens sockets where there are none yet. */
  open(namespaces: readonly NetworkNamespace[]): void {
    this.#left = 0
    this.#refused = undefined
    for (const { inode, path } of namespaces) {
      if (this.#opened.has(inode)) continue
      if (this.#opened.size >= NAMESPACES_MAX) this.#left++
      else this.#openIn(inode, path)
    }
  }

  /**
   * Closes the sockets of namespaces that nobody is in any more: the kernel keeps a namespace while a socket is open
   * in it.
   */
  closeForsaken(): void {
    for (const [inode, { path }] of this.#opened) if (!isNamespace(path, inode)) this.#close(inode)
  }

  [Symbol.dispose](): void {
    for (const inode of this.#opened.keys()) this.#close(inode)
  }

  #openIn(inode: number, path: string): void {
    const sockets: RawSocket[] = []
    try {
      withNetns(path, () => {
        // Between the listing and now the process may have become another.
        if (!isNamespace('/proc/thread-self/ns/net', inode)) return
        for (const family of FAMILIES) {
          const socket = this.#openSocket(family)
          if (socket !== undefined) sockets.push(socket)
        }
      })
    } catch (error) {
      if (!(error instanceof EbpfError)) throw error
      // Gone meanwhile: it is not listed the next time.
      if (error.code !== 'not-found') this.#refused = error.message
    }
    if (sockets.length === 0) return
    this.#opened.set(inode, { path, sockets })
    for (const { cookie } of sockets) this.#inodes.set(cookie, inode)
  }

  /** Undefined where the namespace has not this family. */
  #openSocket(family: (typeof FAMILIES)[number]): RawSocket | undefined {
    try {
      return new RawSocket({ family, protocol: UDP, programFd: this.#programs[family].fd })
    } catch (error) {
      if (!(error instanceof EbpfError)) throw error
      if (error.errnoName !== 'EAFNOSUPPORT') this.#refused = error.message
      return undefined
    }
  }

  #close(inode: number): void {
    for (const socket of this.#opened.get(inode)!.sockets) {
      this.#inodes.delete(socket.cookie)
      socket[Symbol.dispose]()
    }
    this.#opened.delete(inode)
  }
}

function isNamespace(path: string, inode: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === inode
}
