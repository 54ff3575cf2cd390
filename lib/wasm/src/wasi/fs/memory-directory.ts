import { FileType } from '../abi.ts'
import { fail } from '../errno.ts'
import type { DirectoryHandle, FileHandle, FileStat, FileTimes, OpenOptions } from './file-system.ts'
import type { MemoryDirectoryNode, MemoryFileNode, MemoryNode, MemoryStore } from './memory-store.ts'

const TYPES = {
  file: FileType.REGULAR_FILE,
  directory: FileType.DIRECTORY,
  link: FileType.SYMBOLIC_LINK,
} as const

/** Opens a directory of a memory file system. */
export class MemoryDirectory implements DirectoryHandle {
  readonly kind = 'directory'
  readonly store: MemoryStore
  readonly node: MemoryDirectoryNode

  constructor(store: MemoryStore, node: MemoryDirectoryNode) {
    this.store = store
    this.node = node
  }

  #at(name: string): MemoryNode {
    return this.node.entries.get(name) ?? fail('NOENT')
  }

  /** A node is made only when its name can be had: one without a name would count for ever. */
  #add<Node extends MemoryNode>(name: string, make: () => Node): Node {
    // What was removed has no way back in.
    if (this.node.linkCount === 0) fail('NOENT')
    if (Buffer.byteLength(name) > 255) fail('NAMETOOLONG')
    const node = make()
    this.node.entries.set(name, node)
    node.linkCount++
    this.store.touch(this.node)
    return node
  }

  #drop(name: string, node: MemoryNode): void {
    this.node.entries.delete(name)
    this.store.unlinked(node)
    this.store.touch(this.node)
  }

  stat(): FileStat {
    return statOf(this.node)
  }

  statAt(name: string): FileStat {
    return statOf(this.#at(name))
  }

  linkAt(name: string): string | undefined {
    const node = this.node.entries.get(name)
    return node?.kind === 'link' ? node.target : undefined
  }

  openDirectory(name: string | undefined): DirectoryHandle {
    const node = name === undefined ? this.node : this.#at(name)
    if (node.kind === 'link') fail('LOOP')
    if (node.kind !== 'directory') fail('NOTDIR')
    return new MemoryDirectory(this.store, node)
  }

  openFile(name: string, options: OpenOptions): FileHandle {
    let node = this.node.entries.get(name)
    if (node !== undefined && options.create && options.exclusive) fail('EXIST')
    if (node === undefined) {
      if (!options.create) fail('NOENT')
      node = this.#add(name, () => this.store.newFile())
    }
    if (node.kind === 'directory') return fail('ISDIR')
    if (node.kind === 'link') return fail('LOOP')
    if (options.truncate) this.store.resize(node, 0)
    return new MemoryFile(this.store, node)
  }

  makeDirectory(name: string): void {
    if (this.node.entries.has(name)) fail('EXIST')
    this.#add(name, () => this.store.newDirectory())
  }

  removeDirectory(name: string): void {
    const node = this.#at(name)
    if (node.kind !== 'directory') return fail('NOTDIR')
    if (node.entries.size > 0) fail('NOTEMPTY')
    this.#drop(name, node)
  }

  unlink(name: string): void {
    const node = this.#at(name)
    if (node.kind === 'directory') fail('ISDIR')
    this.#drop(name, node)
  }

  symlink(target: string, name: string): void {
    if (this.node.entries.has(name)) fail('EXIST')
    this.#add(name, () => this.store.newLink(target))
  }

  rename(name: string, to: DirectoryHandle, toName: string): void {
    const node = this.#at(name)
    const target = this.#sameStore(to)
    const replaced = target.node.entries.get(toName)
    if (replaced === node) return
    if (node.kind === 'directory') {
      if (isWithin(target.node, node)) fail('INVAL')
      if (replaced !== undefined && replaced.kind !== 'directory') fail('NOTDIR')
      if (replaced?.kind === 'directory' && replaced.entries.size > 0) fail('NOTEMPTY')
    } else if (replaced?.kind === 'directory') fail('ISDIR')
    target.#add(toName, () => node)
    this.node.entries.delete(name)
    node.linkCount--
    this.store.touch(this.node)
    if (replaced !== undefined) this.store.unlinked(replaced)
  }

  link(name: string, to: DirectoryHandle, toName: string): void {
    const node = this.#at(name)
    if (node.kind === 'directory') fail('PERM')
    const target = this.#sameStore(to)
    if (target.node.entries.has(toName)) fail('EXIST')
    target.#add(toName, () => node)
  }

  #sameStore(other: DirectoryHandle): MemoryDirectory {
    return other instanceof MemoryDirectory && other.store === this.store ? other : fail('XDEV')
  }

  setTimes(times: FileTimes): void {
    setTimes(this.node, times)
  }

  setTimesAt(name: string, times: FileTimes): void {
    setTimes(this.#at(name), times)
  }

  names(countMax: number): readonly string[] {
    if (this.node.entries.size > countMax) fail('OVERFLOW')
    return [...this.node.entries.keys()]
  }

  sync(): void {}

  close(): void {}
}

class MemoryFile implements FileHandle {
  readonly kind = 'file'
  readonly #store: MemoryStore
  readonly #node: MemoryFileNode

  constructor(store: MemoryStore, node: MemoryFileNode) {
    this.#store = store
    this.#node = node
    node.openCount++
  }

  stat(): FileStat {
    return statOf(this.#node)
  }

  read(into: Uint8Array, offset: number): number {
    const { content, size } = this.#node
    if (offset >= size) return 0
    const bytes = content.subarray(offset, Math.min(size, offset + into.length))
    into.set(bytes)
    return bytes.length
  }

  write(bytes: Uint8Array, offset: number): number {
    if (bytes.length === 0) return 0
    const end = offset + bytes.length
    if (end > this.#node.size) this.#store.resize(this.#node, end)
    this.#node.content.set(bytes, offset)
    this.#store.touch(this.#node)
    return bytes.length
  }

  setSize(size: number): void {
    this.#store.resize(this.#node, size)
  }

  setTimes(times: FileTimes): void {
    setTimes(this.#node, times)
  }

  /** There is one writer at a time: the guest's offset will do. */
  setAppending(): void {}

  sync(): void {}

  close(): void {
    this.#node.openCount--
    this.#store.forgetIfGone(this.#node)
  }
}

function setTimes(node: MemoryNode, { accessedAt, modifiedAt }: FileTimes): void {
  node.accessedAt = accessedAt ?? node.accessedAt
  node.modifiedAt = modifiedAt ?? node.modifiedAt
}

/** Whether a directory is another or below it. */
function isWithin(node: MemoryDirectoryNode, top: MemoryDirectoryNode): boolean {
  // Without recursion: a guest decides how deep it is.
  const rest = [top]
  for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
    if (one === node) return true
    for (const child of one.entries.values()) if (child.kind === 'directory') rest.push(child)
  }
  return false
}

function statOf(node: MemoryNode): FileStat {
  const size = node.kind === 'file' ? node.size : node.kind === 'link' ? Buffer.byteLength(node.target) : 0
  return {
    device: 1n,
    inode: node.inode,
    type: TYPES[node.kind],
    linkCount: BigInt(node.linkCount),
    size: BigInt(size),
    accessedAt: node.accessedAt,
    modifiedAt: node.modifiedAt,
    changedAt: node.changedAt,
  }
}
