import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { PartFile, StoreDirectory } from './store-directory.ts'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants

/** Of a file that is read, so that no more than this is added to memory at once. */
const PIECE_BYTES = 256 << 10

/** A directory of the disk, made where there is none. It and its files are their owner's alone. */
export async function openDiskDirectory(path: string): Promise<StoreDirectory> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const at = (name: string) => join(path, name)
  const moved = async (from: string, to: string) => {
    await rename(at(from), at(to))
    await syncDirectory(path)
  }
  return {
    list: () => readdir(path),
    read: (name, bytesMax) => readWhole(at(name), bytesMax),
    replace: async (name, bytes) => {
      const next = `${name}.new`
      {
        await using file = await open(at(next), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
        await file.writeFile(bytes)
        await file.sync()
      }
      await moved(next, name)
    },
    rename: moved,
    remove: async (name) => {
      await rm(at(name), { force: true })
      await syncDirectory(path)
    },
    openPart: async (name) => {
      const file = await open(at(name), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
      return new DiskPart(file, (await file.stat()).size)
    },
  }
}

class DiskPart implements PartFile {
  readonly #file: FileHandle
  #bytes: number

  constructor(file: FileHandle, bytes: number) {
    this.#file = file
    this.#bytes = bytes
  }

  get bytes(): number {
    return this.#bytes
  }

  async append(data: Uint8Array): Promise<void> {
    // One that is cut short by a kill leaves less of it, never something else.
    await this.#file.appendFile(data)
    this.#bytes += data.length
  }

  async *content(): AsyncGenerator<Uint8Array> {
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    for (let position = 0; position < this.#bytes;) {
      const { bytesRead } = await this.#file.read(piece, 0, piece.length, position)
      if (bytesRead === 0) return
      yield piece.subarray(0, bytesRead)
      position += bytesRead
    }
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

async function readWhole(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path, O_RDONLY | O_NOFOLLOW)
    const { size } = await file.stat()
    return size > bytesMax ? undefined : new Uint8Array(await file.readFile())
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A name is durable when its directory is (fsync(2)). */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, O_RDONLY)
  await directory.sync()
}
