import { createHash, type Hash } from 'node:crypto'
import type { ModuleChunk } from '@quadrant/proto'
import { refuse, type Refusal } from './refusal.ts'
import type { PartFile, StoreDirectory } from './store-directory.ts'

/** Of one chunk: what a message may have, so that others get between. */
export const CHUNK_BYTES_MAX = 256 << 10

/** Asked for and not there yet: enough for a link of 100 Mbit/s and 80 ms, and what a slow gateway holds at most. */
export const WINDOW_BYTES = 1 << 20

export interface DownloadOptions {
  /** In hexadecimal. */
  readonly digest: string
  /** What was signed. */
  readonly bytes: number
  /** Names of files. */
  readonly part: string
  readonly whole: string
  /** Told how much is there; undefined when there is no part any more. */
  readonly onBytes: (bytes: number | undefined) => void
}

/** What a chunk has led to. */
export type ChunkResult = 'more' | 'complete' | Refusal

/**
 * A module on its way to disk. It goes on where it ended, at any byte; its digest is computed as it comes, and it has
 * its name only when that was found right and it is durable.
 */
export class ModuleDownload implements AsyncDisposable {
  readonly options: DownloadOptions
  readonly #directory: StoreDirectory
  readonly #part: PartFile
  readonly #hash: Hash
  #askedUntil: number
  #isOver = false

  private constructor(directory: StoreDirectory, options: DownloadOptions, part: PartFile, hash: Hash) {
    this.options = options
    this.#directory = directory
    this.#part = part
    this.#hash = hash
    this.#askedUntil = part.bytes
  }

  static async open(directory: StoreDirectory, options: DownloadOptions): Promise<ModuleDownload> {
    let part = await directory.openPart(options.part)
    // As much as the whole never stays: it has its name by then, or was refused.
    if (part.bytes >= options.bytes) {
      await part[Symbol.asyncDispose]()
      await directory.remove(options.part)
      part = await directory.openPart(options.part)
    }
    const hash = createHash('sha256')
    for await (const piece of part.content()) hash.update(piece)
    options.onBytes(part.bytes)
    return new ModuleDownload(directory, options, part, hash)
  }

  get bytes(): number {
    return this.#part.bytes
  }

  /** Nothing that was asked for comes any more. */
  restart(): void {
    this.#askedUntil = this.#part.bytes
  }

  /** What to ask for now; undefined while enough is under way. */
  nextFetch(): { readonly offset: number; readonly bytes: number } | undefined {
    const left = this.options.bytes - this.#askedUntil
    const underWay = this.#askedUntil - this.#part.bytes
    if (left <= 0 || underWay > WINDOW_BYTES / 2) return undefined
    const fetch = { offset: this.#askedUntil, bytes: Math.min(left, WINDOW_BYTES - underWay) }
    this.#askedUntil += fetch.bytes
    return fetch
  }

  /** Takes the next chunk. Where one is refused, nothing of the module is left. */
  async take({ moduleSha256, offset, data, end }: ModuleChunk): Promise<ChunkResult> {
    const { bytes, digest } = this.options
    const refusal =
      Buffer.from(moduleSha256).toString('hex') !== digest
        ? refuse('misplaced-chunk', 'a chunk of another module came')
        : offset !== this.#part.bytes || offset + data.length > this.#askedUntil
          ? refuse('misplaced-chunk', `${data.length} bytes from ${offset} on came, and were not asked for`)
          : data.length > CHUNK_BYTES_MAX
            ? refuse('misplaced-chunk', `a chunk of ${data.length} bytes came`)
            : undefined
    if (refusal) return this.#refuse(refusal)
    await this.#part.append(data)
    this.#hash.update(data)
    this.options.onBytes(this.#part.bytes)
    if (this.#part.bytes === bytes) return this.#complete()
    if (end || data.length === 0)
      return this.#refuse(
        refuse('truncated', `${this.#part.bytes} of ${bytes} bytes came, and there are no more`),
      )
    return 'more'
  }

  /** What has come stays, for the next. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#part[Symbol.asyncDispose]()
  }

  async #complete(): Promise<ChunkResult> {
    const { digest, part, whole } = this.options
    const came = this.#hash.digest('hex')
    if (came !== digest)
      return this.#refuse(refuse('digest-mismatch', `sha256:${came} came, sha256:${digest} was signed`))
    await this.#part.sync()
    await this[Symbol.asyncDispose]()
    await this.#directory.rename(part, whole)
    this.options.onBytes(undefined)
    return 'complete'
  }

  async #refuse(refusal: Refusal): Promise<Refusal> {
    await this[Symbol.asyncDispose]()
    await this.#directory.remove(this.options.part)
    this.options.onBytes(undefined)
    return refusal
  }
}
