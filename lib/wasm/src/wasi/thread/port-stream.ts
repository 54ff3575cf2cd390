import { type Errno, WasiError } from '../errno.ts'
import type { ByteInput, ByteOutput } from '../io/byte-stream.ts'
import { Signal } from '../signal.ts'
import type { FromThread, OutputFd } from './thread-message.ts'

/** Bytes that are on their way to the other thread at most. */
const WAITING_BYTES_MAX = 64 << 10

type Post = (message: FromThread, transfer?: ArrayBuffer[]) => void

/** Stdin of a guest in a thread of its own: asks for bytes only when the guest does. */
export class PortInput implements ByteInput {
  readonly changed = new Signal()
  readonly #post: Post
  #bytes: Uint8Array = new Uint8Array(0)
  #isAsked = false
  #isEnded = false
  #errno: Errno | undefined

  constructor(post: Post) {
    this.#post = post
  }

  receive(bytes: Uint8Array, errno: Errno | undefined): void {
    this.#isAsked = false
    this.#bytes = bytes
    this.#errno = errno
    this.#isEnded = bytes.length === 0
    this.changed.notify()
  }

  get readableBytes(): number | undefined {
    if (this.#bytes.length > 0 || this.#isEnded) return this.#bytes.length
    if (!this.#isAsked) this.#post({ kind: 'wants-input' })
    this.#isAsked = true
    return undefined
  }

  read(into: Uint8Array, options?: { readonly isPeeking: boolean }): number | undefined {
    if (this.readableBytes === undefined) return undefined
    const errno = this.#errno
    this.#errno = undefined
    if (errno !== undefined) throw new WasiError(errno)
    const bytes = this.#bytes.subarray(0, into.length)
    into.set(bytes)
    if (!options?.isPeeking) this.#bytes = this.#bytes.subarray(bytes.length)
    return bytes.length
  }
}

/** Stdout or stderr of a guest in a thread of its own: while much of it is on its way, the guest waits. */
export class PortOutput implements ByteOutput {
  readonly changed = new Signal()
  readonly #fd: OutputFd
  readonly #post: Post
  #waitingBytes = 0
  #errno: Errno | undefined

  constructor(fd: OutputFd, post: Post) {
    this.#fd = fd
    this.#post = post
  }

  written(byteCount: number, errno: Errno | undefined): void {
    this.#waitingBytes -= byteCount
    this.#errno ??= errno
    this.changed.notify()
  }

  get isWritable(): boolean {
    return this.#errno !== undefined || this.#waitingBytes < WAITING_BYTES_MAX
  }

  write(bytes: Uint8Array): number | undefined {
    if (this.#errno !== undefined) throw new WasiError(this.#errno)
    if (!this.isWritable) return undefined
    const piece = bytes.slice(0, WAITING_BYTES_MAX)
    if (piece.length === 0) return 0
    this.#waitingBytes += piece.length
    this.#post({ kind: 'output', fd: this.#fd, bytes: piece }, [piece.buffer])
    return piece.length
  }

  async flush(): Promise<void> {
    while (this.#waitingBytes > 0)
      await new Promise<void>((resolve) => {
        const end = this.changed.subscribe(() => {
          end()
          resolve()
        })
      })
  }
}
