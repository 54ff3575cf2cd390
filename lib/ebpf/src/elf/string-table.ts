import { EbpfError } from '../error.ts'

/** A section or symbol name longer than this is no name. */
const STRING_BYTES_MAX = 4096

/** All names together: they may share their ends in the table, so its size does not limit them. vmlinux has 4 MB. */
const STRINGS_BYTES_MAX = 64 << 20

const utf8 = new TextDecoder()

/** The NUL-terminated strings of a table, by their offsets in it. The function throws {EbpfError} `elf`. */
export function stringTable(table: Uint8Array): (offset: number) => string {
  let leftBytes = STRINGS_BYTES_MAX
  return (offset) => {
    if (offset >= table.length) throw new EbpfError('elf', `string at ${offset}: outside of its table`)
    const end = table.indexOf(0, offset)
    if (end === -1) throw new EbpfError('elf', `string at ${offset}: without an end`)
    if (end - offset > STRING_BYTES_MAX) throw new EbpfError('elf', `string at ${offset}: too long`)
    leftBytes -= end - offset
    if (leftBytes < 0) throw new EbpfError('elf', `names of more than ${STRINGS_BYTES_MAX} bytes`)
    return utf8.decode(table.subarray(offset, end))
  }
}
