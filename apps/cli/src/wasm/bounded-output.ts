import { Signal, type ByteOutput } from '@quadrant/wasm'

/** Keeps the first bytes of what a program writes, and says how many more there were. */
export class BoundedOutput implements ByteOutput {
  readonly isWritable = true
  readonly changed = new Signal()
  readonly #bytesMax: number
  readonly #pieces: Buffer[] = []
  #kept = 0
  #dropped = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  write(bytes: Uint8Array): number {
    const piece = Buffer.from(bytes.subarray(0, this.#bytesMax - this.#kept))
    this.#pieces.push(piece)
    this.#kept += piece.length
    this.#dropped += bytes.length - piece.length
    return bytes.length
  }

  flush(): Promise<void> {
    return Promise.resolve()
  }

  get text(): string {
    const rest = this.#dropped === 0 ? '' : `\n… and ${this.#dropped} bytes more\n`
    return Buffer.concat(this.#pieces).toString() + rest
  }
}
