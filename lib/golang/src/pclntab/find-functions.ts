import { readBytes } from '../byte-source.ts'
import { viewOf } from '../word.ts'
import { eachRecordOffset } from './function-offsets.ts'
import { nameFieldAt } from './function-record.ts'
import { functionEntry, type FunctionTable, type GoFunction } from './function-table.ts'

const CHUNK_BYTES = 1 << 20

/** Bytes of the longest name that can be found. */
const NAME_BYTES_MAX = 4096

/**
 * The functions of these names, in one pass over the names and one over the records.
 *
 * A name that the program does not have is not in the map. Several functions can share one: an assembly function and
 * the wrapper that calls it by the other calling convention. They are sorted by address.
 */
export function findFunctions(
  table: FunctionTable,
  names: Iterable<string>,
): Map<string, readonly GoFunction[]> {
  const wanted = nameOffsets(table, new Set(names))
  const found = new Map<string, GoFunction[]>()
  if (wanted.size === 0) return found
  eachNameOffset(table, (index, nameOffset) => {
    const name = wanted.get(nameOffset)
    if (name === undefined) return
    const entry = functionEntry(table, index)
    const all = found.get(name) ?? []
    all.push({ index, name, entry, end: functionEntry(table, index + 1) })
    found.set(name, all)
  })
  return found
}

/** Where each name stands in the table of names. */
function nameOffsets(table: FunctionTable, names: ReadonlySet<string>): Map<number, string> {
  const byLength: { readonly name: string; readonly bytes: Uint8Array }[][] = []
  for (const name of names) {
    const bytes = Buffer.from(name)
    if (bytes.length <= NAME_BYTES_MAX) (byLength[bytes.length] ??= []).push({ name, bytes })
  }
  const offsets = new Map<number, string>()
  const { nameOffset, unitOffset } = table.header
  const end = Math.min(unitOffset, table.endOffset - table.fileOffset)
  for (let base = nameOffset; base < end;) {
    const length = Math.min(CHUNK_BYTES, end - base)
    const bytes = readBytes(table.image.source, table.fileOffset + base, length)
    let start = 0
    for (let stop = bytes.indexOf(0); stop !== -1; stop = bytes.indexOf(0, start)) {
      for (const { name, bytes: wanted } of byLength[stop - start] ?? [])
        if (isAt(bytes, start, wanted)) offsets.set(base + start - nameOffset, name)
      start = stop + 1
    }
    // What is cut off at the chunk's end is read with the next; what has no end is passed over.
    base += start > 0 && length - start <= NAME_BYTES_MAX ? start : length
  }
  return offsets
}

/** From the end, since names begin alike. */
function isAt(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let index = wanted.length - 1; index >= 0; index--)
    if (bytes[start + index] !== wanted[index]) return false
  return true
}

/** Reads the name's offset of each function's record, the records in large pieces. */
function eachNameOffset(table: FunctionTable, onFunction: (index: number, nameOffset: number) => void): void {
  const { header, offsets, fileOffset, endOffset, image } = table
  const field = nameFieldAt(header.format)
  const first = fileOffset + header.functionOffset
  let chunkStart = 0
  let view: DataView = new DataView(new ArrayBuffer(0))
  eachRecordOffset(offsets, (index, recordOffset) => {
    const at = first + recordOffset + field
    // Records stand in the order of their functions: what jumps back is broken, and would be read again and again.
    if (at + 4 > endOffset || at < chunkStart) return
    if (at + 4 > chunkStart + view.byteLength) {
      chunkStart = at
      view = viewOf(readBytes(image.source, at, Math.min(CHUNK_BYTES, endOffset - at)))
    }
    onFunction(index, view.getUint32(at - chunkStart, true))
  })
}
