import fc from 'fast-check'

/** Values that lengths and offsets break at. */
const BOUNDARIES = [0, 1, 7, 8, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/** One change to a file. Places are fractions of its length, so that they fit any. */
type Change =
  | { readonly kind: 'byte'; readonly at: number; readonly value: number }
  | { readonly kind: 'word'; readonly at: number; readonly value: number }
  | { readonly kind: 'offset'; readonly at: number; readonly to: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'copy'; readonly at: number; readonly from: number }

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('byte' as const), at: place, value: fc.nat(255) }),
  fc.record({ kind: fc.constant('word' as const), at: place, value: fc.constantFrom(...BOUNDARIES) }),
  fc.record({ kind: fc.constant('offset' as const), at: place, to: place }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('copy' as const), at: place, from: place }),
)

/** Broken copies of real files: bytes and words changed, ends cut off, parts copied over others. */
export function mutated(originals: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([original, changes]) => changes.reduce(apply, new Uint8Array(original)))
}

function apply(bytes: Uint8Array, change: Change): Uint8Array {
  const offset = (fraction: number) => Math.floor(fraction * bytes.length)
  const at = offset(change.at)
  // Numbers in these files are aligned.
  const word = at & ~3
  switch (change.kind) {
    case 'byte':
      if (at < bytes.length) bytes[at] = change.value
      return bytes
    case 'word':
    case 'offset': {
      const value = change.kind === 'word' ? change.value : offset(change.to)
      if (word + 4 <= bytes.length) new DataView(bytes.buffer).setUint32(word, value, true)
      return bytes
    }
    case 'cut':
      return bytes.slice(0, at)
    case 'copy':
      return bytes.copyWithin(at, offset(change.from))
  }
}
