import { HeaderMap } from './header-map.ts'

/**
 * Pairs of byte strings as the ABI passes them:
 *
 * ```
 * u32 count │ count × (u32 name bytes, u32 value bytes) │ count × (name, 0, value, 0)      little-endian
 * ```
 */
export function pairsByteLength(names: readonly string[], values: readonly string[]): number {
  let length = 4
  for (let index = 0; index < names.length; index++)
    length += 10 + (names[index]?.length ?? 0) + (values[index]?.length ?? 0)
  return length
}

/** Writes what `pairsByteLength` has measured, from `start` on. */
export function writePairs(
  names: readonly string[],
  values: readonly string[],
  target: Buffer,
  start: number,
): void {
  const count = names.length
  target.writeUInt32LE(count, start)
  let size = start + 4
  let at = size + count * 8
  for (let index = 0; index < count; index++) {
    const name = names[index] ?? ''
    const value = values[index] ?? ''
    target.writeUInt32LE(name.length, size)
    target.writeUInt32LE(value.length, size + 4)
    size += 8
    target.write(name, at, 'latin1')
    at += name.length
    target[at++] = 0
    target.write(value, at, 'latin1')
    at += value.length
    target[at++] = 0
  }
}

/** More pairs than any message may have fields; what has more is not read. */
export const PAIRS_MAX = 4096

/**
 * Undefined for bytes that are no pairs. No bytes at all are no pairs of which there are none.
 *
 * @param named what becomes of a name
 */
export function readPairs(bytes: Buffer, named: (name: string) => string): HeaderMap | undefined {
  const map = new HeaderMap()
  if (bytes.length === 0) return map
  if (bytes.length < 4) return undefined
  const count = bytes.readUInt32LE(0)
  let at = 4 + count * 8
  if (count > PAIRS_MAX || at > bytes.length) return undefined
  for (let index = 0; index < count; index++) {
    const nameEnd = at + bytes.readUInt32LE(4 + index * 8)
    const valueEnd = nameEnd + 1 + bytes.readUInt32LE(8 + index * 8)
    // The last zero may be missing, as the C++ host does not look at it.
    if (valueEnd > bytes.length) return undefined
    map.append(named(bytes.toString('latin1', at, nameEnd)), bytes.toString('latin1', nameEnd + 1, valueEnd))
    at = valueEnd + 1
  }
  return map
}
