import { readBytes } from '../byte-source.ts'
import { GolangError } from '../error.ts'
import { stringAt } from '../string-at.ts'
import { readWord, viewOf } from '../word.ts'
import type { ElfImage } from './elf-image.ts'
import { SECTION_TYPE, type ElfSection } from './section.ts'

/** An entry of a symbol table. */
export interface ElfSymbol {
  readonly name: string
  readonly address: number
  /** 0 where it is not known, as for labels in assembly. */
  readonly size: number
}

/** The functions of a symbol table, sorted by address. Names are decoded when they are asked for. */
export interface ElfFunctions {
  readonly addresses: Float64Array
  readonly sizes: Float64Array
  readonly nameOffsets: Uint32Array
  readonly names: Uint8Array
}

const SYMBOL_BYTES = 24
const TYPE_FUNCTION = 2
const TYPE_IFUNC = 10

/** Linkers write a name once. */
const NAME_REPEAT_MAX = 16

/** Chromium has 1.1 million. */
const SYMBOL_COUNT_MAX = 2_000_000

/** The functions of `.symtab`, or of `.dynsym` where that was stripped; empty without both. @throws {GolangError} */
export function readElfFunctions(image: ElfImage): ElfFunctions {
  const table = symbolTable(image)
  if (table === undefined)
    return {
      addresses: new Float64Array(0),
      sizes: new Float64Array(0),
      nameOffsets: new Uint32Array(0),
      names: new Uint8Array(0),
    }
  const { view, count, names } = table
  const indexes: number[] = []
  const addresses = new Float64Array(count)
  for (let index = 0; index < count; index++) {
    const at = index * SYMBOL_BYTES
    const type = view.getUint8(at + 4) & 15
    const address = readWord(view, at + 8)
    addresses[index] = address
    if ((type === TYPE_FUNCTION || type === TYPE_IFUNC) && address !== 0) indexes.push(index)
  }
  const order = Uint32Array.from(indexes).sort((a, b) => addresses[a]! - addresses[b]!)
  return {
    addresses: Float64Array.from(order, (index) => addresses[index]!),
    sizes: Float64Array.from(order, (index) => readWord(view, index * SYMBOL_BYTES + 16)),
    nameOffsets: Uint32Array.from(order, (index) => view.getUint32(index * SYMBOL_BYTES, true)),
    names,
  }
}

/** The function that has an address, by its index: the last that begins at or before it and is not over by then; or -1. */
export function elfFunctionIndexAt({ addresses, sizes }: ElfFunctions, address: number): number {
  let low = 0
  let high = addresses.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (addresses[middle]! <= address) low = middle + 1
    else high = middle
  }
  const index = low - 1
  const size = sizes[index] ?? 0
  return size !== 0 && address >= addresses[index]! + size ? -1 : index
}

/** The function that has an address; undefined where none has. */
export function elfFunctionAt(functions: ElfFunctions, address: number): ElfSymbol | undefined {
  const { addresses, sizes, nameOffsets, names } = functions
  const index = elfFunctionIndexAt(functions, address)
  if (index === -1) return undefined
  return {
    name: stringAt(names, nameOffsets[index]!) ?? '',
    address: addresses[index]!,
    size: sizes[index]!,
  }
}

/** Symbols of these names, in one pass over the table. Without one the map is empty. @throws {GolangError} */
export function findElfSymbols(image: ElfImage, names: Iterable<string>): Map<string, ElfSymbol> {
  const found = new Map<string, ElfSymbol>()
  const table = symbolTable(image)
  if (table === undefined) return found
  const { view, count, names: strings } = table
  const wanted = nameOffsets(strings, names)
  if (wanted.size === 0) return found
  for (let index = 0; index < count; index++) {
    const at = index * SYMBOL_BYTES
    const name = wanted.get(view.getUint32(at, true))
    if (name === undefined || view.getUint16(at + 6, true) === 0) continue
    found.set(name, { name, address: readWord(view, at + 8), size: readWord(view, at + 16) })
  }
  return found
}

/** The offsets at which each name stands in a table of strings. */
function nameOffsets(strings: Uint8Array, names: Iterable<string>): Map<number, string> {
  const table = Buffer.from(strings.buffer, strings.byteOffset, strings.byteLength)
  const wanted = new Map<number, string>()
  for (const name of names) {
    const needle = Buffer.from(`\0${name}\0`)
    let at = table.indexOf(needle)
    for (let count = 0; at !== -1 && count < NAME_REPEAT_MAX; count++) {
      wanted.set(at + 1, name)
      at = table.indexOf(needle, at + 1)
    }
  }
  return wanted
}

function symbolTable(image: ElfImage) {
  const { sections } = image
  const table =
    sections.find(({ type }) => type === SECTION_TYPE.symtab) ??
    sections.find(({ type }) => type === SECTION_TYPE.dynsym)
  if (table === undefined) return undefined
  const strings = sections[table.link]
  if (strings?.type !== SECTION_TYPE.strtab) throw new GolangError('elf', 'no table of symbol names')
  const count = Math.floor(table.size / SYMBOL_BYTES)
  if (count > SYMBOL_COUNT_MAX)
    throw new GolangError('limit', `${count} symbols: at most ${SYMBOL_COUNT_MAX}`)
  const content = ({ offset, size }: ElfSection) => readBytes(image.source, offset, size)
  return { view: viewOf(content(table)), count, names: content(strings) }
}
