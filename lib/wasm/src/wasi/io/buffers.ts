import { fail } from '../errno.ts'
import { Signal } from '../signal.ts'
import type { ByteInput, ByteOutput } from './byte-stream.ts'

/** Input that is there from the start, such as that of a test. */
export function bytesInput(content: string | Uint8Array): ByteInput {
  let rest: Uint8Array = typeof content === 'string' ? Buffer.from(content) : content
  return {
    changed: new Signal(),
    get readableBytes() {
      return rest.length
    },
    read(into, options) {
      const bytes = rest.subarray(0, into.length)
      into.set(bytes)
      if (!options?.isPeeking) rest = rest.subarray(bytes.length)
      return bytes.length
    },
  }
}

/** Keeps what is written, up to a limit; over it the guest gets NOSPC. */
export class CollectedOutput implements ByteOutput {
  readonly changed = new Signal()
  readonly isWritable = true
  readonly #bytesMax: number
  readonly #pieces: Uint8Array[] = []
  #byteLength = 0

  /** @param bytesMax 16 MiB, if it is not given */
  constructor(bytesMax: number = 16 << 20) {
    this.#bytesMax = bytesMax
  }

  write(bytes: Uint8Array): number {
    const room = this.#bytesMax - this.#byteLength
    if (room === 0 && bytes.length > 0) fail('NOSPC')
    const piece = bytes.slice(0, room)
    // A guest that writes single bytes does not cost an object for each.
    if (piece.length > 0) this.#append(piece)
    return piece.length
  }

  #append(piece: Uint8Array): void {
    const last = this.#pieces.at(-1)
    if (last !== undefined && last.length + piece.length <= 4096)
      this.#pieces[this.#pieces.length - 1] = Buffer.concat([last, piece])
    else this.#pieces.push(piece)
    this.#byteLength += piece.length
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#pieces)
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString()
  }

  async flush(): Promise<void> {}
}

/** Takes everything and keeps nothing. */
export const NOWHERE: ByteOutput = {
  changed: new Signal(),
  isWritable: true,
  write: (bytes) => bytes.length,
  flush: async () => {},
}
