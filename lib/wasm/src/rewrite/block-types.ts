import { BLOCK_VOID } from '../module/instructions.ts'
import type { FunctionType } from '../module/module-spec.ts'
import { ByteWriter } from './byte-writer.ts'

/** Types of blocks that take nothing and give what a function does. */
export class BlockTypes {
  /** Encoded, for the end of the type section. */
  readonly added: Uint8Array[] = []
  readonly #typeCount: number
  readonly #indices = new Map<string, number>()

  constructor(types: readonly FunctionType[]) {
    this.#typeCount = types.length
  }

  /** Of a type without parameters. */
  index({ resultCount, results }: FunctionType): number {
    const key = `${resultCount} ${results.join()}`
    const known = this.#indices.get(key)
    if (known !== undefined) return known
    const out = new ByteWriter()
    out.u8(0x60)
    out.u32(0)
    out.u32(resultCount)
    out.append(results)
    const index = this.#typeCount + this.added.push(out.finish()) - 1
    this.#indices.set(key, index)
    return index
  }

  /** As it stands behind `block`. */
  of(type: FunctionType): Uint8Array {
    if (type.resultCount === 0) return Uint8Array.of(BLOCK_VOID)
    if (type.resultCount === 1) return type.results
    const out = new ByteWriter()
    out.positive(this.index(type))
    return out.finish()
  }
}
