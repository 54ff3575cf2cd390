import { ByteWriter } from './byte-writer.ts'

/** Sections that say something of places in the code: they are wrong once it has changed. */
export const CODE_METADATA = 'metadata.code.'

const NAME = `${CODE_METADATA}branch_hint`
const UNLIKELY = 0

/**
 * A custom section that tells the compiler which branches are hardly ever taken (WebAssembly branch hinting proposal).
 * Without it values would be kept in memory, because of a call that is made once in a million turns of a loop.
 */
export class BranchHints {
  readonly #functions = new ByteWriter()
  #functionCount = 0

  /** @param offsets of `if` or `br_if`, in bytes from the start of the function's body, ascending */
  addUnlikely(functionIndex: number, offsets: readonly number[]): void {
    if (offsets.length === 0) return
    this.#functionCount++
    this.#functions.u32(functionIndex)
    this.#functions.u32(offsets.length)
    for (const offset of offsets) {
      this.#functions.u32(offset)
      this.#functions.u8(1)
      this.#functions.u8(UNLIKELY)
    }
  }

  finish(): Uint8Array {
    const out = new ByteWriter()
    out.name(NAME)
    out.u32(this.#functionCount)
    out.append(this.#functions.finish())
    return out.finish()
  }
}
