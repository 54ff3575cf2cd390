/** Values that lengths and offsets break at. */
const BOUNDARIES = [0, 1, 7, 8, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/** Broken copies of real files: bytes and words changed, ends cut off, parts doubled. The same for the same seed. */
export function* mutations(
  originals: readonly Uint8Array[],
  options: { readonly seed: number; readonly count: number },
): Generator<Uint8Array> {
  const random = generator(options.seed)
  const below = (limit: number) => Math.floor(random() * limit)
  for (let i = 0; i < options.count; i++) {
    let bytes = new Uint8Array(originals[below(originals.length)]!)
    const view = () => new DataView(bytes.buffer)
    for (let changes = 1 + below(4); changes > 0 && bytes.length > 16; changes--) {
      const at = below(bytes.length - 8)
      switch (below(5)) {
        case 0:
          bytes[at] = below(256)
          break
        case 1:
          view().setUint32(at & ~3, BOUNDARIES[below(BOUNDARIES.length)]!, true)
          break
        case 2:
          view().setUint32(at & ~3, below(bytes.length), true)
          break
        case 3:
          bytes = bytes.slice(0, at)
          break
        default:
          bytes.copyWithin(at, below(bytes.length), bytes.length)
      }
    }
    yield bytes
  }
}

/** mulberry32: 32 bits of state are plenty for tests. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
