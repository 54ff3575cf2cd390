import { fail } from '../errno.ts'

interface NodeBase {
  readonly inode: bigint
  linkCount: number
  accessedAt: bigint
  modifiedAt: bigint
  changedAt: bigint
}

export interface MemoryFileNode extends NodeBase {
  readonly kind: 'file'
  /** May be longer than the file: it grows in steps. What is behind the size is zero. */
  content: Uint8Array
  size: number
  openCount: number
}

export interface MemoryDirectoryNode extends NodeBase {
  readonly kind: 'directory'
  readonly entries: Map<string, MemoryNode>
}

interface MemoryLinkNode extends NodeBase {
  readonly kind: 'link'
  readonly target: string
}

export type MemoryNode = MemoryFileNode | MemoryDirectoryNode | MemoryLinkNode

export interface MemoryStoreOptions {
  /** Bytes of all files together: 64 MiB, if it is not given. Over it a guest gets NOSPC. */
  readonly bytesMax?: number
  /** Files, directories and links together: 65,536, if it is not given. */
  readonly nodesMax?: number
  /** Nanoseconds of the Unix epoch: the clock of the machine, if it is not given. */
  readonly now?: () => bigint
}

/** What the files of one memory file system take, and its limits. */
export class MemoryStore {
  readonly #bytesMax: number
  readonly #nodesMax: number
  readonly #now: () => bigint
  #bytes = 0
  #nodeCount = 0
  #lastInode = 1n
  readonly root: MemoryDirectoryNode

  constructor(options: MemoryStoreOptions = {}) {
    this.#bytesMax = options.bytesMax ?? 64 << 20
    this.#nodesMax = options.nodesMax ?? 65_536
    this.#now = options.now ?? (() => BigInt(Date.now()) * 1_000_000n)
    this.root = this.newDirectory()
    this.root.linkCount = 1
  }

  #base() {
    if (this.#nodeCount >= this.#nodesMax) fail('NOSPC')
    this.#nodeCount++
    const now = this.#now()
    return {
      inode: ++this.#lastInode,
      linkCount: 0,
      accessedAt: now,
      modifiedAt: now,
      changedAt: now,
    }
  }

  newFile(): MemoryFileNode {
    return { ...this.#base(), kind: 'file', content: new Uint8Array(0), size: 0, openCount: 0 }
  }

  newDirectory(): MemoryDirectoryNode {
    return { ...this.#base(), kind: 'directory', entries: new Map() }
  }

  newLink(target: string): MemoryLinkNode {
    return { ...this.#base(), kind: 'link', target }
  }

  touch(node: MemoryNode): void {
    node.modifiedAt = this.#now()
    node.changedAt = node.modifiedAt
  }

  /** New bytes are zero. NOSPC over the limit: nothing is changed then. */
  resize(node: MemoryFileNode, size: number): void {
    if (size > node.content.length) {
      const room = this.#bytesMax - this.#bytes + node.content.length
      if (size > room) fail('NOSPC')
      // In steps of half as much again: appending byte by byte stays cheap.
      const grown = new Uint8Array(Math.min(room, Math.max(size, Math.ceil(node.content.length * 1.5), 64)))
      grown.set(node.content.subarray(0, node.size))
      this.#bytes += grown.length - node.content.length
      node.content = grown
    } else if (size === 0) {
      this.#bytes -= node.content.length
      node.content = new Uint8Array(0)
    } else node.content.fill(0, size, Math.max(size, node.size))
    node.size = size
    this.touch(node)
  }

  unlinked(node: MemoryNode): void {
    node.linkCount--
    node.changedAt = this.#now()
    this.forgetIfGone(node)
  }

  /** A file without a name lives as long as it is open. */
  forgetIfGone(node: MemoryNode): void {
    if (node.linkCount > 0 || (node.kind === 'file' && node.openCount > 0)) return
    this.#nodeCount--
    if (node.kind === 'file') {
      this.#bytes -= node.content.length
      node.content = new Uint8Array(0)
      node.size = 0
    }
  }
}
