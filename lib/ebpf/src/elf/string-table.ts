import { EbpfError } from '../error.ts'

/** A section or symbol name longer than this is no name. */
const STRING_BYTES_MAX = 4096

const utf8 = new TextDecoder()

/** The NUL-terminated string at `offset` of a string table. @throws {EbpfError} `elf` */
export function stringAt(table: Uint8Array, offset: number): string {
  if (offset >= table.length) throw new EbpfError('elf', `string at ${offset}: outside of its table`)
  const end = table.indexOf(0, offset)
  if (end === -1) throw new EbpfError('elf', `string at ${offset}: without an end`)
  if (end - offset > STRING_BYTES_MAX) throw new EbpfError('elf', `string at ${offset}: too long`)
  return utf8.decode(table.subarray(offset, end))
}
