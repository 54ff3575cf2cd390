import { type Code, i32, i64 } from '../wasm/code.ts'
import type { FieldSlice } from './plan.ts'

/** One load of 1, 2, 4 or 8 bytes that goes to bit `shift` of its key word. */
interface KeyLoad {
  readonly offset: number
  readonly bytes: number
  readonly shift: number
}

const LOADS: Readonly<Record<number, (address: Code, offset: number) => Code>> = {
  1: i64.load8u,
  2: i64.load16u,
  4: i64.load32u,
  8: i64.load,
}

/** Loads an unsigned little-endian number of 1, 2, 4 or 8 bytes as i64. */
export function loadUnsigned(address: Code, { offset, bytes }: FieldSlice): Code {
  return LOADS[bytes]!(address, offset)
}

/** The same for two's complement. */
export function loadSigned(address: Code, { offset, bytes }: FieldSlice): Code {
  if (bytes === 8) return i64.load(address, offset)
  return (bytes === 4 ? i64.load32s : bytes === 2 ? i64.load16s : i64.load8s)(address, offset)
}

/**
 * The key as expressions of 64-bit words: the fields one after the other, packed without gaps,
 * the last word filled up with zeros. Fields that touch in the record are loaded as one.
 */
export function keyWords(record: () => Code, key: readonly FieldSlice[]): Code[] {
  return packKey(key).map((loads) =>
    loads
      .map(({ shift, ...slice }) => {
        const value = loadUnsigned(record(), slice)
        return shift === 0 ? value : i64.shl(value, i64.const(shift))
      })
      .reduce((left, right) => i64.or(left, right)),
  )
}

function packKey(key: readonly FieldSlice[]): KeyLoad[][] {
  const words: KeyLoad[][] = []
  let packedBytes = 0
  for (const slice of joinTouching(key)) {
    let done = 0
    while (done < slice.bytes) {
      const room = Math.min(slice.bytes - done, 8 - (packedBytes % 8))
      const bytes = room >= 8 ? 8 : room >= 4 ? 4 : room >= 2 ? 2 : 1
      const word = Math.floor(packedBytes / 8)
      const loads = (words[word] ??= [])
      loads.push({ offset: slice.offset + done, bytes, shift: 8 * (packedBytes % 8) })
      done += bytes
      packedBytes += bytes
    }
  }
  return words
}

function joinTouching(key: readonly FieldSlice[]): FieldSlice[] {
  const joined: { offset: number; bytes: number }[] = []
  for (const { offset, bytes } of key) {
    const last = joined.at(-1)
    if (last && last.offset + last.bytes === offset) last.bytes += bytes
    else joined.push({ offset, bytes })
  }
  return joined
}

/** Whether the key stored at `group` equals `words`; `offset` is where keys start in a group. */
export function keyEquals(group: () => Code, offset: number, words: readonly Code[]): Code {
  const differences = words.map((word, index) => i64.xor(i64.load(group(), offset + 8 * index), word))
  if (differences.length === 0) return i32.const(1)
  return i64.eqz(differences.reduce((left, right) => i64.or(left, right)))
}
