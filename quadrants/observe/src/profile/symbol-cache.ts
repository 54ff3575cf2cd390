import { closeSync } from 'node:fs'
import { FileSymbols } from './file-symbols.ts'
import { isUnchanged, openMappedFile, type MappedFile } from './mapped-file.ts'
import { PageCache } from './page-cache.ts'
import { hasSameContent } from './same-content.ts'

export interface SymbolCacheOptions {
  /** About how many bytes are held in all; the least recently used files are given up. Default 64 MiB. */
  readonly bytesMax?: number
  /** Files whose symbols are held: one descriptor each. Default 256. */
  readonly filesMax?: number
}

/** Files that are held open until somebody asks for their symbols: programs end, and their files go away. */
const WAITING_MAX = 64
/** Files that are known to be copies of one that is held. */
const KEYS_MAX = 4096
/** Larger copies, and what has more namesakes, are read once more each: to compare them would take longer. */
const COMPARED_BYTES_MAX = 512 << 20
const COMPARED_FILES_MAX = 4

/** A file whose symbols are held. */
interface Held {
  readonly symbols: FileSymbols
  /** That of `symbols`. */
  readonly fd: number
}

/**
 * Symbols of files, by what a file cannot choose: its place, size and times. Copies, as in containers, share them: where
 * the build id and the size are the same, all of the content is compared, for a program can give itself the id of another
 * and would name that one's functions.
 */
export class SymbolCache implements Disposable {
  readonly #bytesMax: number
  readonly #filesMax: number
  /** In order of use, the last used at the end. */
  readonly #held = new Map<string, Held>()
  /** Key in `#held`, the identity of the file that was read, of each other file that is the same. */
  readonly #keys = new Map<string, string>()
  readonly #waiting = new Map<string, number>()
  readonly #pages = new PageCache()
  #bytes = 0

  constructor(options: SymbolCacheOptions = {}) {
    this.#bytesMax = options.bytesMax ?? 64 << 20
    this.#filesMax = options.filesMax ?? 256
  }

  get fileCount(): number {
    return this.#held.size
  }

  get byteLength(): number {
    let bytes = 0
    for (const { symbols } of this.#held.values()) bytes += symbols.byteLength
    return bytes
  }

  /** Holds a file open, in case that somebody asks for its symbols when nothing else does any more. */
  keep(file: MappedFile): void {
    const { identity } = file
    if (this.#held.has(identity) || this.#keys.has(identity) || this.#waiting.has(identity)) return
    const fd = openMappedFile(file)
    if (fd === undefined) return
    if (this.#waiting.size >= WAITING_MAX) this.#dropFirstWaiting()
    this.#waiting.set(identity, fd)
  }

  /** Undefined where the file is gone. Good until the next call. */
  symbolsOf(file: MappedFile, name: string): FileSymbols | undefined {
    const key = this.#keys.get(file.identity) ?? file.identity
    const held = this.#held.get(key)
    if (held === undefined) return this.#read(file, name)
    // What a copy is like now is its own matter.
    if (key !== file.identity && !isUnchanged(held.fd, key)) {
      this.#keys.delete(file.identity)
      return this.#read(file, name)
    }
    this.#held.delete(key)
    this.#held.set(key, held)
    return held.symbols
  }

  /** Gives up files until the limits are kept; the last used one stays. Call it now and then: symbols grow with use. */
  trim(): void {
    this.#bytes = this.byteLength
    for (const [key, { symbols }] of this.#held) {
      if (this.#held.size <= 1) break
      if (this.#bytes <= this.#bytesMax && this.#held.size <= this.#filesMax) break
      this.#bytes -= symbols.byteLength
      this.#held.delete(key)
      symbols[Symbol.dispose]()
    }
  }

  [Symbol.dispose](): void {
    for (const { symbols } of this.#held.values()) symbols[Symbol.dispose]()
    for (const fd of this.#waiting.values()) closeSync(fd)
    this.#held.clear()
    this.#waiting.clear()
  }

  #read(file: MappedFile, name: string): FileSymbols | undefined {
    const fd = this.#takeWaiting(file.identity) ?? openMappedFile(file)
    if (fd === undefined) return undefined
    const symbols = new FileSymbols(fd, { name, tableBytesMax: this.#bytesMax / 2, pages: this.#pages })
    const copy = this.#copyOf(symbols, fd)
    if (copy !== undefined) {
      if (this.#keys.size >= KEYS_MAX) this.#keys.clear()
      this.#keys.set(file.identity, copy)
      symbols[Symbol.dispose]()
      return this.#held.get(copy)!.symbols
    }
    this.#held.set(file.identity, { symbols, fd })
    this.trim()
    return symbols
  }

  /** Key of a file with the same content; undefined where none is held. */
  #copyOf({ buildId, fileBytes }: FileSymbols, fd: number): string | undefined {
    if (buildId === undefined || fileBytes > COMPARED_BYTES_MAX) return undefined
    let left = COMPARED_FILES_MAX
    for (const [key, held] of this.#held) {
      if (held.symbols.buildId !== buildId || held.symbols.fileBytes !== fileBytes) continue
      if (left-- <= 0) break
      if (isUnchanged(held.fd, key) && hasSameContent(held.fd, fd, fileBytes)) return key
    }
    return undefined
  }

  #takeWaiting(identity: string): number | undefined {
    const fd = this.#waiting.get(identity)
    this.#waiting.delete(identity)
    return fd
  }

  #dropFirstWaiting(): void {
    const [identity, fd] = this.#waiting.entries().next().value!
    this.#waiting.delete(identity)
    closeSync(fd)
  }
}
