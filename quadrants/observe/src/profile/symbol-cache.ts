import { closeSync } from 'node:fs'
import { FileSymbols } from './file-symbols.ts'
import { openMappedFile, type MappedFile } from './mapped-file.ts'
import { PageCache } from './page-cache.ts'

export interface SymbolCacheOptions {
  /** About how many bytes are held in all; the least recently used files are given up. Default 64 MiB. */
  readonly bytesMax?: number
  /** Files whose symbols are held: one descriptor each. Default 256. */
  readonly filesMax?: number
}

/** Files that are held open until somebody asks for their symbols: programs end, and their files go away. */
const WAITING_MAX = 64
/** Names of files that are known to have the same build id as another. */
const BUILDS_MAX = 4096

/** Symbols of files by what they are: by build id where they have one, so that copies in containers share them. */
export class SymbolCache implements Disposable {
  readonly #bytesMax: number
  readonly #filesMax: number
  /** In order of use, the last used at the end. */
  readonly #symbols = new Map<string, FileSymbols>()
  /** Key in `#symbols` of each file that was read. */
  readonly #keys = new Map<string, string>()
  readonly #waiting = new Map<string, number>()
  readonly #pages = new PageCache()
  #bytes = 0

  constructor(options: SymbolCacheOptions = {}) {
    this.#bytesMax = options.bytesMax ?? 64 << 20
    this.#filesMax = options.filesMax ?? 256
  }

  get fileCount(): number {
    return this.#symbols.size
  }

  get byteLength(): number {
    let bytes = 0
    for (const symbols of this.#symbols.values()) bytes += symbols.byteLength
    return bytes
  }

  /** Holds a file open, in case that somebody asks for its symbols when nothing else does any more. */
  keep(file: MappedFile): void {
    if (this.#keys.has(file.identity) || this.#waiting.has(file.identity)) return
    const fd = openMappedFile(file)
    if (fd === undefined) return
    if (this.#waiting.size >= WAITING_MAX) this.#dropFirstWaiting()
    this.#waiting.set(file.identity, fd)
  }

  /** Undefined where the file is gone. Good until the next call. */
  symbolsOf(file: MappedFile, name: string): FileSymbols | undefined {
    const key = this.#keys.get(file.identity)
    const known = key === undefined ? undefined : this.#symbols.get(key)
    if (known === undefined) return this.#read(file, name)
    this.#symbols.delete(key!)
    this.#symbols.set(key!, known)
    return known
  }

  /** Gives up files until the limits are kept; the last used one stays. Call it now and then: symbols grow with use. */
  trim(): void {
    this.#bytes = this.byteLength
    for (const [key, symbols] of this.#symbols) {
      if (this.#symbols.size <= 1) break
      if (this.#bytes <= this.#bytesMax && this.#symbols.size <= this.#filesMax) break
      this.#bytes -= symbols.byteLength
      this.#symbols.delete(key)
      symbols[Symbol.dispose]()
    }
  }

  [Symbol.dispose](): void {
    for (const symbols of this.#symbols.values()) symbols[Symbol.dispose]()
    for (const fd of this.#waiting.values()) closeSync(fd)
    this.#symbols.clear()
    this.#waiting.clear()
  }

  #read(file: MappedFile, name: string): FileSymbols | undefined {
    const fd = this.#takeWaiting(file.identity) ?? openMappedFile(file)
    if (fd === undefined) return undefined
    const symbols = new FileSymbols(fd, { name, tableBytesMax: this.#bytesMax / 2, pages: this.#pages })
    // A stripped copy has the same build id.
    const key = symbols.buildId === undefined ? file.identity : `${symbols.buildId} ${symbols.fileBytes}`
    if (this.#keys.size >= BUILDS_MAX) this.#keys.clear()
    this.#keys.set(file.identity, key)
    const copy = this.#symbols.get(key)
    if (copy !== undefined) {
      symbols[Symbol.dispose]()
      return copy
    }
    this.#symbols.set(key, symbols)
    this.trim()
    return symbols
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
