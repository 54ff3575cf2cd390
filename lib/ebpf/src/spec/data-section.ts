import type { Btf } from '../btf/btf.ts'
import { SECTION_FLAG, SECTION_TYPE, type ElfSection } from '../elf/section.ts'
import { SYMBOL_TYPE, type ElfSymbol } from '../elf/symbol.ts'
import { EbpfError } from '../error.ts'
import { MAP_FLAG } from '../uapi/map-type.ts'
import type { MapSpec } from './collection-spec.ts'
import { VariableSpec } from './variable-spec.ts'

/** The sections that become maps of one value: global variables. */
export function isDataSection(section: ElfSection): boolean {
  const isData = section.type === SECTION_TYPE.progbits || section.type === SECTION_TYPE.nobits
  const isNamed = /^\.(?:rodata|data|bss)(?:\..*)?$/.test(section.name)
  return isData && isNamed && section.size > 0 && (section.flags & SECTION_FLAG.alloc) !== 0
}

/** The map that holds the section's variables, `section.size` bytes of them. */
export function mapOfDataSection(section: ElfSection, btf: Btf): MapSpec {
  const readOnly = section.name.startsWith('.rodata')
  const content = new Uint8Array(section.size)
  content.set(section.bytes)
  return {
    name: section.name,
    type: 'array',
    keyBytes: 4,
    valueBytes: section.size,
    maxEntries: 1,
    flags: MAP_FLAG.mmapable | (readOnly ? MAP_FLAG.readOnlyProgram : 0),
    pinning: 'none',
    keyTypeId: 0,
    valueTypeId: btf.idsOf(section.name, 'datasec')[0] ?? 0,
    extra: 0n,
    content,
    frozen: readOnly,
  }
}

/** The variables among the symbols of a data section, as windows into its map's content. */
export function variablesOf(
  symbols: readonly ElfSymbol[],
  map: MapSpec,
  littleEndian: boolean,
): VariableSpec[] {
  const content = map.content!
  const variables: VariableSpec[] = []
  for (const { name, type, value, size } of symbols) {
    if (type !== SYMBOL_TYPE.object) continue
    if (value + size > content.length)
      throw new EbpfError('elf', `variable ${name} lies outside of its section`)
    const bytes = content.subarray(value, value + size)
    variables.push(new VariableSpec(name, map.name, value, bytes, littleEndian))
  }
  return variables
}
