import { readBytes, type ByteSource } from './byte-source.ts'

export interface BlockCacheOptions {
  /** Default 16 KiB. */
  readonly blockBytes?: number
  /** Blocks that are kept, the least recently used given up first. Default 16: 256 KiB in all. */
  readonly blockCountMax?: number
}

/** A source that keeps the blocks it has read last, so that many small reads near one another cost few large ones. */
export function blockCache(source: ByteSource, options: BlockCacheOptions = {}): ByteSource {
  const { blockBytes = 16 << 10, blockCountMax = 16 } = options
  const blocks = new Map<number, Uint8Array>()
  let lastIndex = -1
  let lastBlock = new Uint8Array(0)

  const blockAt = (index: number): Uint8Array => {
    if (index === lastIndex) return lastBlock
    let block = blocks.get(index)
    if (block === undefined) {
      const offset = index * blockBytes
      // A copy: what a source returns may be a small piece of something large.
      block = readBytes(source, offset, Math.min(blockBytes, source.byteLength - offset)).slice()
      if (blocks.size >= blockCountMax) blocks.delete(blocks.keys().next().value!)
    } else blocks.delete(index)
    blocks.set(index, block)
    lastIndex = index
    lastBlock = block as Uint8Array<ArrayBuffer>
    return block
  }

  return {
    byteLength: source.byteLength,
    read(offset, length) {
      const index = Math.floor(offset / blockBytes)
      const start = offset - index * blockBytes
      if (start + length <= blockBytes) return blockAt(index).subarray(start, start + length)
      return source.read(offset, length)
    },
  }
}
