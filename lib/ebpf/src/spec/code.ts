import type { ElfFile } from '../elf/elf-file.ts'
import { relocationsBySection, type ElfRelocation } from '../elf/relocation.ts'
import { SECTION_FLAG, SECTION_TYPE, type ElfSection } from '../elf/section.ts'
import { SYMBOL_BINDING, SYMBOL_TYPE } from '../elf/symbol.ts'
import { EbpfError } from '../error.ts'
import { INSTRUCTION_BYTES } from './instruction.ts'

/** A large object has a thousand. */
const FUNCTION_COUNT_MAX = 65_536

/** A function of the object: a range of an executable section. */
export interface CodeFunction {
  readonly name: string
  readonly section: ElfSection
  /** Bytes from the start of the section. */
  readonly offset: number
  readonly byteLength: number
  /** Seen by other objects: what is no program itself is called by one, and static. */
  readonly global: boolean
}

/** The functions of an object and the relocations in them. */
export class Code {
  readonly functions: readonly CodeFunction[]
  readonly #byPlace = new Map<string, CodeFunction>()
  readonly #relocations = new Map<number, ReadonlyMap<number, ElfRelocation>>()

  /** @throws {EbpfError} `elf`, `limit` */
  constructor(elf: ElfFile) {
    const functions: CodeFunction[] = []
    for (const symbol of elf.symbols) {
      const section = elf.sections[symbol.sectionIndex]
      if (symbol.type !== SYMBOL_TYPE.function || section === undefined || !isCode(section)) continue
      if (functions.length === FUNCTION_COUNT_MAX)
        throw new EbpfError('limit', `more than ${FUNCTION_COUNT_MAX} functions`)
      const { name, value: offset, size: byteLength } = symbol
      if (offset % INSTRUCTION_BYTES !== 0 || byteLength % INSTRUCTION_BYTES !== 0 || byteLength === 0)
        throw new EbpfError('elf', `function ${name} is not made of whole instructions`)
      if (offset + byteLength > section.bytes.length)
        throw new EbpfError('elf', `function ${name} lies outside of its section`)
      const global = symbol.binding !== SYMBOL_BINDING.local
      const fn = { name, section, offset, byteLength, global }
      functions.push(fn)
      this.#byPlace.set(`${section.index}:${offset}`, fn)
    }
    this.functions = functions
    for (const [index, relocations] of relocationsBySection(elf))
      this.#relocations.set(index, new Map(relocations.map((relocation) => [relocation.offset, relocation])))
  }

  /** The function that begins there. */
  functionAt(sectionIndex: number, offset: number): CodeFunction | undefined {
    return this.#byPlace.get(`${sectionIndex}:${offset}`)
  }

  relocationAt(section: ElfSection, offset: number): ElfRelocation | undefined {
    return this.#relocations.get(section.index)?.get(offset)
  }
}

/** Whether the section holds instructions. */
export function isCode(section: ElfSection): boolean {
  return section.type === SECTION_TYPE.progbits && (section.flags & SECTION_FLAG.executable) !== 0
}
