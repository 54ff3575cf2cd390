/** A name longer than this is no name. Go's longest we met, of a generic instance, has 3 KB. */
export const STRING_BYTES_MAX = 16 << 10

const utf8 = new TextDecoder()

/**
 * The NUL-terminated UTF-8 string at an offset; undefined outside of the table, without an end, or with more bytes than
 * `bytesMax`: 16 KiB, if it is not given.
 */
export function stringAt(
  table: Uint8Array,
  offset: number,
  bytesMax: number = STRING_BYTES_MAX,
): string | undefined {
  if (!(offset < table.length)) return undefined
  const end = table.subarray(offset, offset + bytesMax).indexOf(0)
  return end === -1 ? undefined : utf8.decode(table.subarray(offset, offset + end))
}
