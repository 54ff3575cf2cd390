import { elfFunctionIndexAt, type ElfImage, readElfFunctions } from '@quadrant/golang'
import { NO_SYMBOLS, type SymbolList } from './symbol-list.ts'

/** sh_type of tables of symbols: all of them, and those that other files may use. */
const SHT = { symtab: 2, dynsym: 11 } as const

/** Most names fit; the others are read again. */
const NAME_BYTES = 256
/** A longer one is cut: C++ has names of 10 kB. */
const NAME_BYTES_MAX = 16 << 10

const utf8 = new TextDecoder()

/**
 * The functions that a file's own symbols name. Held are their addresses, 20 bytes each; names are read where they are
 * asked for, as those of one large program can take 20 MB.
 */
export class NativeSymbols {
  readonly #image: ElfImage
  readonly #list: SymbolList
  readonly #namesOffset: number
  readonly #namesEnd: number

  /** From `.symtab`, or `.dynsym` where that was stripped or takes more bytes. @throws {GolangError} */
  constructor(image: ElfImage, tableBytesMax: number) {
    this.#image = image
    const table =
      image.sections.find(({ type, size }) => type === SHT.symtab && size <= tableBytesMax) ??
      image.sections.find(({ type, size }) => type === SHT.dynsym && size <= tableBytesMax)
    const names = table && image.sections[table.link]
    this.#namesOffset = names?.offset ?? 0
    this.#namesEnd = names === undefined ? 0 : Math.min(names.offset + names.size, image.source.byteLength)
    // Without the names, and without the table that is not meant; places stay, as tables link to others by them.
    const sections = image.sections.map((section) => {
      if (section === names) return { ...section, size: 0 }
      return section !== table && (section.type === SHT.symtab || section.type === SHT.dynsym)
        ? { ...section, type: 0 }
        : section
    })
    this.#list = table === undefined ? NO_SYMBOLS : readElfFunctions({ ...image, sections })
  }

  get byteLength(): number {
    return this.#list.addresses.length * 20
  }

  /** Undefined where no function covers the address, or its name is broken. */
  nameAt(address: number): string | undefined {
    const index = elfFunctionIndexAt(this.#list, address)
    if (index === -1) return undefined
    const start = this.#namesOffset + this.#list.nameOffsets[index]!
    return this.#read(start, NAME_BYTES) ?? this.#read(start, NAME_BYTES_MAX)
  }

  #read(start: number, bytesMax: number): string | undefined {
    const bytes = this.#image.source.read(start, Math.max(0, Math.min(bytesMax, this.#namesEnd - start)))
    const end = bytes.indexOf(0)
    if (end === -1 && bytesMax < NAME_BYTES_MAX) return undefined
    return end === 0 ? undefined : utf8.decode(end === -1 ? bytes : bytes.subarray(0, end))
  }
}
