const HEADER_BYTES = 64
const SECTION_BYTES = 64
const SYMBOL_BYTES = 24
const STRTAB = 3

/** A section to be made, right or wrong. */
export interface MadeSection {
  readonly name: string
  /** sh_type. */
  readonly type: number
  readonly flags?: number
  readonly link?: number
  readonly info?: number
  readonly bytes?: Uint8Array
  /** sh_size. Default what `bytes` have. */
  readonly size?: number
  /** Index of the section whose place in the file it has. Default its own. */
  readonly at?: number
}

/** A little-endian 64-bit BPF object of these sections, from index 1 on, with the table of their names as the last. */
export function makeElf(sections: readonly MadeSection[]): Uint8Array {
  const names = new TextEncoder().encode(`\0${sections.map(({ name }) => `${name}\0`).join('')}`)
  const all = [{ name: '', type: 0 }, ...sections, { name: '', type: STRTAB, bytes: names }] as MadeSection[]
  const places: number[] = []
  let end = HEADER_BYTES
  for (const { bytes, at } of all) {
    places.push(at === undefined ? end : places[at]!)
    if (at === undefined) end += ((bytes?.length ?? 0) + 7) & ~7
  }
  const file = new Uint8Array(end + all.length * SECTION_BYTES)
  const view = new DataView(file.buffer)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(0x10, 1, true)
  view.setUint16(0x12, 247, true)
  view.setBigUint64(0x28, BigInt(end), true)
  view.setUint16(0x3a, SECTION_BYTES, true)
  view.setUint16(0x3c, all.length, true)
  view.setUint16(0x3e, all.length - 1, true)
  let nameOffset = 1
  all.forEach((section, index) => {
    const header = end + index * SECTION_BYTES
    const { bytes = new Uint8Array(0), at } = section
    if (at === undefined) file.set(bytes, places[index])
    const isNamed = index > 0 && index < all.length - 1
    view.setUint32(header, isNamed ? nameOffset : 0, true)
    if (isNamed) nameOffset += section.name.length + 1
    view.setUint32(header + 4, section.type, true)
    view.setBigUint64(header + 8, BigInt(section.flags ?? 0), true)
    view.setBigUint64(header + 0x18, BigInt(places[index]!), true)
    view.setBigUint64(header + 0x20, BigInt(section.size ?? bytes.length), true)
    view.setUint32(header + 0x28, section.link ?? 0, true)
    view.setUint32(header + 0x2c, section.info ?? 0, true)
  })
  return file
}

/** A symbol to be made, right or wrong. */
export interface MadeSymbol {
  /** Offset in the table of names. */
  readonly name: number
  /** st_info: binding << 4 | type. */
  readonly info: number
  readonly section: number
  readonly value: number
  readonly size: number
}

/** The content of a symbol table. */
export function makeSymbols(symbols: readonly MadeSymbol[]): Uint8Array {
  const bytes = new Uint8Array(symbols.length * SYMBOL_BYTES)
  const view = new DataView(bytes.buffer)
  symbols.forEach(({ name, info, section, value, size }, index) => {
    const at = index * SYMBOL_BYTES
    view.setUint32(at, name, true)
    view.setUint8(at + 4, info)
    view.setUint16(at + 6, section, true)
    view.setBigUint64(at + 8, BigInt(value), true)
    view.setBigUint64(at + 16, BigInt(size), true)
  })
  return bytes
}
