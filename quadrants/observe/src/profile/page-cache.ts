import { readSync } from 'node:fs'
import type { ByteSource } from '@quadrant/golang'

const PAGE_BYTES = 4096

/** Pages of one file, at most: its number and theirs make one key. */
const PAGES_MAX = 2 ** 32

/**
 * The pages of files that were read last, of all files together. Tables of functions are read in pieces of some hundred
 * bytes all over a file of a hundred megabytes, and memory for each piece would cost more than the piece.
 */
export class PageCache {
  readonly #pagesMax: number
  /** Pages of now, and those that were before; what is used again of these becomes one of now. */
  #now = new Map<number, Uint8Array>()
  #before = new Map<number, Uint8Array>()
  #fileCount = 0

  /** @param bytesMax default 2 MiB: the kernel has the pages, too, and gives one in a microsecond */
  constructor(bytesMax = 2 << 20) {
    this.#pagesMax = bytesMax / PAGE_BYTES
  }

  /** An open file as a source, which stays good as long as the descriptor does. */
  source(fd: number, byteLength: number): ByteSource {
    const file = this.#fileCount++ * PAGES_MAX
    const read = (offset: number, length: number) => {
      const bytes = new Uint8Array(length)
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset))
    }
    return {
      byteLength,
      read: (offset, length) => {
        const page = Math.floor(offset / PAGE_BYTES)
        const start = offset - page * PAGE_BYTES
        const end = start + length
        if (end <= PAGE_BYTES) return this.#page(file + page, page, read).subarray(start, end)
        if (length > PAGE_BYTES) return read(offset, length)
        const first = this.#page(file + page, page, read).subarray(start)
        const second = this.#page(file + page + 1, page + 1, read).subarray(0, end - PAGE_BYTES)
        // Only the last page of a file is shorter.
        const bytes = new Uint8Array(first.length + second.length)
        bytes.set(first)
        bytes.set(second, first.length)
        return bytes
      },
    }
  }

  #page(key: number, page: number, read: ByteSource['read']): Uint8Array {
    const known = this.#now.get(key)
    if (known !== undefined) return known
    const bytes = this.#before.get(key) ?? read(page * PAGE_BYTES, PAGE_BYTES)
    if (this.#now.size >= this.#pagesMax / 2) {
      this.#before = this.#now
      this.#now = new Map()
    }
    this.#now.set(key, bytes)
    return bytes
  }
}
