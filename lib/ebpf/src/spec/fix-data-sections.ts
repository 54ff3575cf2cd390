import { Btf } from '../btf/btf.ts'
import type { ElfFile } from '../elf/elf-file.ts'
import { SYMBOL_TYPE, symbolsBySection } from '../elf/symbol.ts'

const VARIABLE_STATIC = 0

/**
 * Fills in what clang leaves to the linker: sizes of DATASEC types and the offsets of global variables in them.
 * The kernel refuses BTF without. Static variables have their offset already.
 *
 * @returns BTF over a changed copy
 */
export function fixDataSections(btf: Btf, elf: ElfFile): Btf {
  const bytes = btf.bytes.slice()
  const { littleEndian } = btf.header
  const view = new DataView(bytes.buffer)
  const sections = new Map(elf.sections.map((section) => [section.name, section]))
  const symbols = symbolsBySection(elf.symbols)
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== 'datasec') continue
    const type = btf.type(id)
    const section = sections.get(type.name)
    if (type.kind !== 'datasec' || section === undefined) continue
    // Once a section: a second DATASEC of the name changes nothing.
    sections.delete(type.name)
    const offsets = new Map<string, number>()
    for (const { name, type, value } of symbols.get(section.index) ?? [])
      if (type === SYMBOL_TYPE.object) offsets.set(name, value)
    const variables = type.variables.map(({ typeId, offset, size }) => {
      const variable = btf.type(typeId)
      const isStatic = variable.kind === 'var' && variable.linkage === VARIABLE_STATIC
      return { typeId, offset: isStatic ? offset : (offsets.get(variable.name) ?? offset), size }
    })
    variables.sort((a, b) => a.offset - b.offset)
    const at = btf.offsetOf(id)
    view.setUint32(at + 8, section.size, littleEndian)
    variables.forEach(({ typeId, offset, size }, index) => {
      view.setUint32(at + 12 + index * 12, typeId, littleEndian)
      view.setUint32(at + 16 + index * 12, offset, littleEndian)
      view.setUint32(at + 20 + index * 12, size, littleEndian)
    })
  }
  return new Btf(bytes)
}
