/**
 * A pc-value table (golang.org/s/go12symtab): pairs of a value difference, zigzag, and a pc difference, both varints.
 * The value holds from the last pc on, and starts with -1; a value difference of 0 that is not the first ends it.
 */

/** How many pairs may still be read. The largest function we know has 40,000. */
export interface PcValueSteps {
  left: number
}

/** Gives the bytes of the pc values from an offset on: some, not all; none where the table is over. */
export type ReadPcValues = (offset: number) => Uint8Array

/**
 * The value at `pcOffset` bytes into its function. Each pair that is read is taken off `steps`.
 *
 * @returns -1 also where the table does not have it, or is broken, or no steps are left
 */
export function pcValueAt(
  read: ReadPcValues,
  offset: number,
  pcOffset: number,
  quantum: number,
  steps: PcValueSteps,
): number {
  let bytes = read(offset)
  let base = offset
  let at = 0
  let value = -1
  let pc = 0

  const varint = (): number => {
    let result = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (at === bytes.length) {
        base += at
        bytes = read(base)
        at = 0
        if (bytes.length === 0) return -1
      }
      const byte = bytes[at++]!
      result |= (byte & 127) << shift
      if (byte < 128) return result >>> 0
    }
    return -1
  }

  for (let isFirst = true; steps.left > 0; isFirst = false) {
    steps.left--
    const difference = varint()
    if (difference < 0 || (difference === 0 && !isFirst)) return -1
    value = (value + ((difference >>> 1) ^ -(difference & 1))) | 0
    const pcDifference = varint()
    if (pcDifference < 0) return -1
    pc += pcDifference * quantum
    if (pcOffset < pc) return value
  }
  return -1
}
