import { WasmError } from '../error.ts'

/** An unsigned number in LEB128, of at most 32 bits. @throws {WasmError} `module` where it is longer or cut off */
export function readU32(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0
  for (let index = 0; index < 5; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) break
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte >= 0x80) continue
    if (value > 0xffff_ffff) break
    return { value, end: at + index + 1 }
  }
  throw new WasmError('module', `no number of 32 bits at byte ${at}`)
}

export function writeU32(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80)
  return [...bytes, rest]
}
