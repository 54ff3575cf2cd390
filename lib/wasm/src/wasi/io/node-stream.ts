import type { Readable, Writable } from 'node:stream'
import { errnoOf, fail, WasiError } from '../errno.ts'
import { Signal } from '../signal.ts'
import type { ByteInput, ByteOutput } from './byte-stream.ts'

/** More than that waits in no stream: then the guest waits. */
const WAITING_BYTES_MAX = 64 << 10

/** Reads from a stream of Node, which is not touched before the guest asks. */
export class StreamInput implements ByteInput {
  readonly changed = new Signal()
  readonly #stream: Readable
  #isStarted = false
  #isEnded = false
  #error: NodeJS.ErrnoException | undefined

  constructor(stream: Readable) {
    this.#stream = stream
  }

  #start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const end = () => {
      this.#isEnded = true
      this.changed.notify()
    }
    this.#stream.on('end', end)
    this.#stream.on('close', end)
    this.#stream.on('error', (error) => {
      this.#error = error
      end()
    })
    this.#stream.on('readable', () => this.changed.notify())
    if (this.#stream.readableEnded || this.#stream.destroyed) this.#isEnded = true
  }

  get readableBytes(): number | undefined {
    this.#start()
    const count = this.#stream.readableLength
    if (count > 0 || this.#isEnded) return count
    // It reads nothing, but has the stream look for more, and tell its end where there is no more.
    this.#stream.read(0)
    return undefined
  }

  read(into: Uint8Array, options?: { readonly isPeeking: boolean }): number | undefined {
    const count = this.readableBytes
    if (count === undefined || count === 0) {
      const error = this.#error
      this.#error = undefined
      if (error !== undefined) throw new WasiError(errnoOf(error.code))
      return count
    }
    const wanted = Math.min(count, into.length)
    if (wanted === 0) return 0
    const bytes = this.#stream.read(wanted) as Buffer | null
    if (bytes === null) return undefined
    into.set(bytes)
    if (options?.isPeeking) this.#stream.unshift(bytes)
    return bytes.length
  }
}

/** Writes to a stream of Node; while much waits in it, the guest waits. */
export class StreamOutput implements ByteOutput {
  readonly changed = new Signal()
  readonly #stream: Writable
  /** Whether the stream tells of itself when a guest that had to wait need not any more. */
  readonly #isDrainTold: boolean
  #error: NodeJS.ErrnoException | undefined

  constructor(stream: Writable) {
    this.#stream = stream
    this.#isDrainTold = stream.writableHighWaterMark <= WAITING_BYTES_MAX && !stream.writableObjectMode
    stream.on('drain', () => this.changed.notify())
    stream.on('close', () => this.changed.notify())
    stream.on('error', (error) => {
      this.#error = error
      this.changed.notify()
    })
  }

  get #isGone(): boolean {
    return this.#error !== undefined || this.#stream.destroyed || this.#stream.writableEnded
  }

  /** Also true of a stream that is gone: a write tells so. */
  get isWritable(): boolean {
    return this.#isGone || this.#stream.writableLength < WAITING_BYTES_MAX
  }

  write(bytes: Uint8Array): number | undefined {
    if (this.#error !== undefined) throw new WasiError(errnoOf(this.#error.code))
    if (this.#isGone) fail('PIPE')
    if (!this.isWritable) return undefined
    const piece = bytes.slice(0, WAITING_BYTES_MAX)
    // `drain` comes only after a write that was answered with false.
    if (this.#isDrainTold) this.#stream.write(piece)
    else this.#stream.write(piece, () => this.changed.notify())
    return piece.length
  }

  async flush(): Promise<void> {
    if (this.#isGone || this.#stream.writableLength === 0) return
    await new Promise<void>((resolve) => {
      // Behind all that was written; also where that fails.
      this.#stream.write('', () => resolve())
    })
  }
}
