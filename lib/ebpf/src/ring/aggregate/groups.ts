import { type GroupLayout, KEY_OFFSET, type Measure } from './plan.ts'

/**
 * Finished groups, read in place without an object for each. Group 0 is `~other`: the records for which there was
 * no group left; 1 to `count` are the groups with a key. Numbers above 2^53 lose their last bits here; `bytes` has
 * them whole.
 */
export interface Groups {
  readonly layout: GroupLayout
  /** Groups with a key. */
  readonly count: number
  /** Group `g` starts at `g * layout.groupBytes`. */
  readonly bytes: Uint8Array
  /** How many records went into the group. */
  records(group: number): number
  /** The key's fields one after the other; a view, not a copy. */
  key(group: number): Uint8Array
  /** The `index`-th field of the key as an unsigned number. */
  keyField(group: number, index: number): number
  /** `sum`, `min` or `max` of the plan's `index`-th value. A `~other` nobody went to has min above max. */
  value(group: number, index: number, measure: Exclude<Measure, 'log2'>): number
  /** Records whose `index`-th value has `bucket` + 1 bits (0 counts as one bit). */
  histogram(group: number, index: number, bucket: number): number
}

/** Groups over `buffer` from byte `at`. */
export function groupsOver(layout: GroupLayout, buffer: ArrayBufferLike, at: number, count: number): Groups {
  const { groupBytes, keyBytes, measures, plan } = layout
  const byteLength = (count + 1) * groupBytes
  const bytes = new Uint8Array(buffer, at, byteLength)
  const view = new DataView(buffer, at, byteLength)
  const keyOffsets: number[] = []
  let keyEnd = KEY_OFFSET
  for (const slice of plan.key) {
    keyOffsets.push(keyEnd)
    keyEnd += slice.bytes
  }
  const offsetOf = (index: number, measure: Measure): number => {
    const place = measures[index]?.find((each) => each.measure === measure)
    if (!place) throw new RangeError(`value ${index} has no ${measure} in the plan`)
    return place.offset
  }
  const unsigned = (place: number) => view.getUint32(place + 4, true) * 2 ** 32 + view.getUint32(place, true)
  const signed = (place: number) => view.getInt32(place + 4, true) * 2 ** 32 + view.getUint32(place, true)
  return {
    layout,
    count,
    bytes,
    records: (group) => unsigned(group * groupBytes),
    key: (group) =>
      bytes.subarray(group * groupBytes + KEY_OFFSET, group * groupBytes + KEY_OFFSET + keyBytes),
    keyField(group, index) {
      let number = 0
      const start = group * groupBytes + keyOffsets[index]!
      for (let i = plan.key[index]!.bytes - 1; i >= 0; i--) number = number * 256 + bytes[start + i]!
      return number
    },
    value(group, index, measure) {
      const place = group * groupBytes + offsetOf(index, measure)
      return plan.values![index]!.signed ? signed(place) : unsigned(place)
    },
    histogram: (group, index, bucket) => unsigned(group * groupBytes + offsetOf(index, 'log2') + 8 * bucket),
  }
}

/** Writes an empty group's measures at `at`: what the first record is compared with. */
export function writeEmptyGroup(layout: GroupLayout, buffer: ArrayBufferLike, at: number): void {
  const view = new DataView(buffer, at, layout.groupBytes)
  new Uint8Array(buffer, at, layout.groupBytes).fill(0)
  layout.measures.forEach((places, index) => {
    const signed = layout.plan.values![index]!.signed ?? false
    for (const { measure, offset } of places) {
      if (measure === 'min') view.setBigUint64(offset, signed ? 2n ** 63n - 1n : 2n ** 64n - 1n, true)
      if (measure === 'max') view.setBigUint64(offset, signed ? 2n ** 63n : 0n, true)
    }
  })
}
