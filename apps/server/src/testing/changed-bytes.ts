import fc from 'fast-check'

/** These bytes with some of them changed, at any place to any value. */
export function changedBytes(
  whole: Uint8Array,
  changes: { readonly min: number; readonly max: number },
): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
  return fc.array(change, { minLength: changes.min, maxLength: changes.max }).map((changed) => {
    const bytes = Uint8Array.from(whole)
    for (const [at, value] of changed) bytes[at] = value
    return bytes
  })
}
