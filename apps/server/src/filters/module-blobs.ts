import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { ServerError } from '../error.ts'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants

/** A module of Go with large dependencies has some ten MB. */
const MODULE_BYTES_MAX = 64 << 20
/** Uploads that were begun and not ended; the oldest goes for a new one. */
const PARTS_MAX = 16
const PIECE_BYTES = 512 << 10
const BLOB = /^(?<digest>[0-9a-f]{64})\.(?<kind>wasm|part)$/

export interface Upload {
  /** In hexadecimal. */
  readonly digest: string
  /** Of the whole module. */
  readonly bytes: number
  readonly offset: number
  readonly data: Uint8Array
}

export interface UploadState {
  readonly heldBytes: number
  readonly isComplete: boolean
}

/** Modules by their digests, in a directory: whole ones and those that are still uploaded, one piece at a time. */
export class ModuleBlobs {
  readonly #path: string
  readonly #bytesMax: number
  /** Whole ones, by their digests. */
  readonly #sizes: Map<string, number>
  /** Bytes that are there of others, the oldest first. */
  readonly #parts: Map<string, number>
  #last: Promise<unknown> = Promise.resolve()

  private constructor(
    path: string,
    bytesMax: number,
    sizes: Map<string, number>,
    parts: Map<string, number>,
  ) {
    this.#path = path
    this.#bytesMax = bytesMax
    this.#sizes = sizes
    this.#parts = parts
  }

  static async open(path: string, bytesMax: number): Promise<ModuleBlobs> {
    await mkdir(path, { recursive: true, mode: 0o700 })
    const sizes = new Map<string, number>()
    const parts = new Map<string, number>()
    for (const file of await readdir(path)) {
      const { digest, kind } = BLOB.exec(file)?.groups ?? {}
      if (digest === undefined) continue
      const { size } = await stat(join(path, file))
      ;(kind === 'wasm' ? sizes : parts).set(digest, size)
    }
    return new ModuleBlobs(path, bytesMax, sizes, parts)
  }

  /** Bytes of all, and the most that there may be. */
  get bytes(): number {
    return [...this.#sizes.values(), ...this.#parts.values()].reduce((sum, size) => sum + size, 0)
  }

  get bytesMax(): number {
    return this.#bytesMax
  }

  /** Of a module that is whole; undefined where it is not there. */
  size(digest: string): number | undefined {
    return this.#sizes.get(digest)
  }

  /** To be read from and closed. @throws {ServerError} `not-found` */
  async read(digest: string): Promise<FileHandle> {
    if (!this.#sizes.has(digest)) throw new ServerError('not-found', `module sha256:${digest} is not here`)
    return open(this.#file(digest, 'wasm'), O_RDONLY | O_NOFOLLOW)
  }

  /**
   * Adds to a module what is next of it; what is somewhere else changes nothing. Returns how much is there.
   *
   * @param room asked for when there is no room left: removes what may go
   * @throws {ServerError} `argument` where it is larger than any may be, or not what its digest says; `busy` without room
   */
  upload(upload: Upload, room: () => Promise<void>): Promise<UploadState> {
    return this.#inTurn(() => this.#upload(upload, room))
  }

  /** At once, also within an upload that asks for room. Whoever reads it goes on. */
  async remove(digest: string): Promise<void> {
    this.#sizes.delete(digest)
    await rm(this.#file(digest, 'wasm'), { force: true })
  }

  async #upload({ digest, bytes, offset, data }: Upload, room: () => Promise<void>): Promise<UploadState> {
    const whole = this.#sizes.get(digest)
    // Whoever pushes it again may do so because gateways say that it is damaged.
    if (whole !== undefined && (await this.#isRight(digest, whole)))
      return { heldBytes: whole, isComplete: true }
    if (whole !== undefined) await this.remove(digest)
    if (!(Number.isSafeInteger(bytes) && bytes > 0 && bytes <= MODULE_BYTES_MAX))
      throw new ServerError('argument', `a module has 1 to ${MODULE_BYTES_MAX} bytes, not ${bytes}`)
    const held = this.#parts.get(digest) ?? 0
    // A process that ended between the last piece and the name left all of it.
    if (held >= bytes) return this.#complete(digest, bytes)
    if (data.length === 0 || offset !== held) return { heldBytes: held, isComplete: false }
    if (held + data.length > bytes)
      throw new ServerError('argument', `${held + data.length} bytes came of a module of ${bytes}`)
    if (this.bytes + data.length > this.#bytesMax) await room()
    if (this.bytes + data.length > this.#bytesMax)
      throw new ServerError('busy', `there is room for ${this.#bytesMax} bytes of modules, and no more`, {
        fix: 'start the server with a larger --filter-bytes',
      })
    if (held === 0) await this.#removeOldestPart()
    {
      await using part = await this.#openPart(digest)
      await part.appendFile(data)
    }
    this.#parts.set(digest, held + data.length)
    return held + data.length < bytes
      ? { heldBytes: held + data.length, isComplete: false }
      : this.#complete(digest, bytes)
  }

  /** It has its name when it was found right, and is durable. Nothing of it stays where it is wrong. */
  async #complete(digest: string, bytes: number): Promise<UploadState> {
    await using part = await this.#openPart(digest)
    const { size } = await part.stat()
    const came = size === bytes ? await digestOf(part, bytes) : undefined
    this.#parts.delete(digest)
    if (came !== digest) {
      await rm(this.#file(digest, 'part'), { force: true })
      throw new ServerError('argument', `what came is not module sha256:${digest}`, {
        fix: 'upload it again',
      })
    }
    await part.sync()
    await rename(this.#file(digest, 'part'), this.#file(digest, 'wasm'))
    // A name is durable when its directory is (fsync(2)).
    await using directory = await open(this.#path, O_RDONLY)
    await directory.sync()
    this.#sizes.set(digest, bytes)
    return { heldBytes: bytes, isComplete: true }
  }

  async #isRight(digest: string, bytes: number): Promise<boolean> {
    await using file = await open(this.#file(digest, 'wasm'), O_RDONLY | O_NOFOLLOW)
    return (await digestOf(file, bytes)) === digest
  }

  #openPart(digest: string): Promise<FileHandle> {
    return open(this.#file(digest, 'part'), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
  }

  async #removeOldestPart(): Promise<void> {
    if (this.#parts.size < PARTS_MAX) return
    const [oldest] = this.#parts.keys()
    await rm(this.#file(oldest!, 'part'), { force: true })
    this.#parts.delete(oldest!)
  }

  #file(digest: string, kind: 'wasm' | 'part'): string {
    return join(this.#path, `${digest}.${kind}`)
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(run)
    this.#last = turn.catch(() => {})
    return turn
  }
}

async function digestOf(file: FileHandle, bytes: number): Promise<string> {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  for (let position = 0; position < bytes;) {
    const { bytesRead } = await file.read(piece, 0, piece.length, position)
    if (bytesRead === 0) break
    hash.update(piece.subarray(0, bytesRead))
    position += bytesRead
  }
  return hash.digest('hex')
}
