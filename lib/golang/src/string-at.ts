/** A name longer than this is no name. Go's longest we met, of a generic instance, has 3 KB. */
export const STRING_BYTES_MAX = 16 << 10

const utf8 = new TextDecoder()

/** The NUL-terminated UTF-8 string at an offset; undefined outside of the table, without an end, or above 16 KiB. */
export function stringAt(table: Uint8Array, offset: number): string | undefined {
  if (!(offset < table.length)) return undefined
  const end = table.subarray(offset, offset + STRING_BYTES_MAX).indexOf(0)
  return end === -1 ? undefined : utf8.decode(table.subarray(offset, offset + end))
}
