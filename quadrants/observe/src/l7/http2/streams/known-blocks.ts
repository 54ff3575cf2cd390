import type { MessageFields } from './message-fields.ts'

/** A service's calls have a few kinds of header blocks: two of its answers, one for each of its methods. */
const BLOCKS_MAX = 8
/** Longer ones have something that is new. */
const BLOCK_BYTES_MAX = 64

interface KnownBlock {
  readonly length: number
  readonly bytes: Uint8Array
  readonly fields: MessageFields
}

/**
 * Header blocks that were decoded, with what they say: while nothing is added to the dynamic table, the same bytes say
 * the same. Encoders get there within some requests wherever fields repeat, as those of gRPC do.
 */
export class KnownBlocks {
  readonly #blocks: KnownBlock[] = []
  #next = 0
  #version = -1

  /** @param version the decoder's, before the block */
  find(version: number, bytes: Uint8Array, start: number, end: number): MessageFields | undefined {
    if (version !== this.#version) return undefined
    const length = end - start
    for (let at = 0; at < this.#blocks.length; at++) {
      const block = this.#blocks[at]!
      if (block.length === length && isSame(block.bytes, bytes, start)) return block.fields
    }
    return undefined
  }

  /** @param version the decoder's, after the block @param versionBefore and before it: what has changed it is not kept */
  keep(
    version: number,
    versionBefore: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    fields: MessageFields,
  ): void {
    if (version !== versionBefore || end - start > BLOCK_BYTES_MAX) return
    if (version !== this.#version) {
      this.#blocks.length = this.#next = 0
      this.#version = version
    }
    this.#blocks[this.#next] = {
      length: end - start,
      bytes: new Uint8Array(bytes.subarray(start, end)),
      fields: fields.copy(),
    }
    this.#next = (this.#next + 1) % BLOCKS_MAX
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[start + at]) return false
  return true
}
