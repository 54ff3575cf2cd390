import { GuestProcess, type OpenHostModule } from '@quadrant/wasm'
import type { InferenceModule } from '../inference/inference-module.ts'

export const RESULT = 48 << 10
const PLACES_FROM = 1024

/** Calls what a guest would import, with a memory of one page: results are at `RESULT`. */
export class NnGuest implements Disposable {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  readonly bytes = new Uint8Array(this.memory.buffer)
  readonly view = new DataView(this.memory.buffer)
  readonly #opened: OpenHostModule
  #end = PLACES_FROM

  constructor(module: InferenceModule) {
    const clock = () => 0n
    const guest = new GuestProcess({
      args: [],
      env: [],
      surroundings: { realtime: clock, monotonic: clock, randomFill: () => undefined },
      descriptorsMax: 4,
      turnMs: Infinity,
    })
    guest.useMemory(this.memory)
    this.#opened = module.open(guest)
  }

  /** The number of the error. */
  async call(name: string, ...args: readonly number[]): Promise<number> {
    try {
      return await this.#opened.calls[name]!(...(args.map((arg) => arg | 0) as never[]))
    } catch (error) {
      return this.#opened.failed(error)
    }
  }

  get result(): number {
    return this.view.getUint32(RESULT, true)
  }

  /** Puts bytes somewhere below the results; what was there 40 KiB ago is gone. */
  place(bytes: Uint8Array): number {
    if (this.#end + bytes.length > RESULT) this.#end = PLACES_FROM
    const at = this.#end
    this.bytes.set(bytes, at)
    this.#end = Math.ceil((at + bytes.length) / 8) * 8
    return at
  }

  words(...words: readonly number[]): number {
    return this.place(new Uint8Array(Uint32Array.from(words).buffer))
  }

  load(model: Uint8Array, { encoding = 1, target = 0 } = {}): Promise<number> {
    return this.call('load', this.words(this.place(model), model.length), 1, encoding, target, RESULT)
  }

  loadByName(name: string): Promise<number> {
    const text = Buffer.from(name)
    return this.call('load_by_name', this.place(text), text.length, RESULT)
  }

  setInput(
    context: number,
    index: number,
    type: number,
    dimensions: readonly number[],
    data: ArrayBufferView,
  ): Promise<number> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const tensor = this.words(
      this.words(...dimensions),
      dimensions.length,
      // What is behind the type is nobody's.
      0xabcdef00 + type,
      this.place(bytes),
      bytes.length,
    )
    return this.call('set_input', context, index, tensor)
  }

  /** The bytes, or the number of the error. */
  async output(context: number, index: number, size = 4096): Promise<Uint8Array | number> {
    const at = RESULT + 16
    const errno = await this.call('get_output', context, index, at, size, RESULT)
    return errno === 0 ? this.bytes.slice(at, at + this.result) : errno
  }

  [Symbol.dispose](): void {
    this.#opened[Symbol.dispose]()
  }
}
