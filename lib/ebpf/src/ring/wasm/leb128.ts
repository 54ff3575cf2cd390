/**
 * Appends `value` (0 to 2^32 − 1) to `out` as unsigned LEB128.
 *
 * WebAssembly core specification, 5.2.2 "Integers".
 */
export function pushUnsigned(out: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  out.push(rest)
}

/** Appends `value` (any signed or unsigned 64-bit integer) to `out` as signed LEB128. */
export function pushSigned(out: number[], value: bigint): void {
  let rest = BigInt.asIntN(64, value)
  for (;;) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    const signBit = (low & 0x40) !== 0
    if ((rest === 0n && !signBit) || (rest === -1n && signBit)) {
      out.push(low)
      return
    }
    out.push(low | 0x80)
  }
}
