import type { Analysis, Diagnostic } from '@quadrant/core'
import { Btf } from '../btf/btf.ts'
import { parseElf, type ElfFile } from '../elf/elf-file.ts'
import { symbolsBySection, type ElfSymbol } from '../elf/symbol.ts'
import { textOf } from '../sys/c-string.ts'
import { EbpfError } from '../error.ts'
import { Code, isCode } from './code.ts'
import type { CollectionSpec, MapSpec, ProgramSpec } from './collection-spec.ts'
import { isDataSection, mapOfDataSection, variablesOf } from './data-section.ts'
import { parseExtInfo } from './ext-info.ts'
import { fixDataSections } from './fix-data-sections.ts'
import { linkProgram, type LinkScope } from './link-program.ts'
import { mapOfDeclaration } from './map-declaration.ts'
import { sectionKindOf } from './section-kind.ts'
import type { VariableSpec } from './variable-spec.ts'

const MACHINE_BPF = 247
const RELOCATABLE = 1

/** Large objects have a hundred programs in a few megabytes. */
const OBJECT_BYTES_MAX = 32 << 20

/** All programs of an object together, failed ones too: a shared function counts for each that calls it. */
const INSTRUCTION_BYTES_MAX = 64 << 20

const MAP_COUNT_MAX = 4096

/** Global variables of an object; .bss takes no room in the file, so sizes must not be believed. */
const DATA_BYTES_MAX = 16 << 20

export interface ParseCollectionOptions {
  /** What the object is called in messages. Default `object`. */
  readonly name?: string
}

/**
 * Reads a BPF object file as clang makes it. Pure: no kernel, no file.
 *
 * Diagnostics: `BPF001` not a BPF object, or one beyond our limits (the value is undefined), `BPF002` no license, `BPF003` a program's
 * section has an unknown name, `BPF004` a program cannot be linked, `BPF005` a map cannot be read. What a
 * diagnostic is about is left out of the value.
 */
export function parseCollection(
  bytes: Uint8Array,
  options: ParseCollectionOptions = {},
): Analysis<CollectionSpec | undefined> {
  const name = options.name ?? 'object'
  const diagnostics: Diagnostic[] = []
  const report = (code: string, severity: 'error' | 'warning', message: string, fix?: string) =>
    diagnostics.push({ code, severity, message, file: name, ...(fix === undefined ? {} : { fix }) })
  try {
    return { value: parse(bytes, name, report), diagnostics }
  } catch (error) {
    // Anything else is a mistake of ours, not the object's.
    if (!(error instanceof EbpfError || error instanceof RangeError)) throw error
    report('BPF001', 'error', error.message)
    return { value: undefined, diagnostics }
  }
}

type Report = (code: string, severity: 'error' | 'warning', message: string, fix?: string) => void

function parse(bytes: Uint8Array, name: string, report: Report): CollectionSpec {
  if (bytes.length > OBJECT_BYTES_MAX)
    throw new EbpfError('limit', `${bytes.length} bytes are too many: at most ${OBJECT_BYTES_MAX}`)
  const elf = parseElf(bytes)
  if (elf.machine !== MACHINE_BPF || elf.type !== RELOCATABLE)
    throw new EbpfError('elf', 'not an object file for BPF: compile with clang -target bpf -g -O2 -c')
  const content = (section: string) => elf.sections.find(({ name }) => name === section)?.bytes
  const btfBytes = content('.BTF')
  if (btfBytes === undefined) throw new EbpfError('btf', 'no BTF: compile with -g')
  const btf = fixDataSections(new Btf(btfBytes), elf)
  const license = textOf(content('license') ?? new Uint8Array(0))
  if (license === '')
    report(
      'BPF002',
      'warning',
      'no license: most helpers are refused',
      'char LICENSE[] SEC("license") = "GPL";',
    )

  const maps = declaredMaps(elf, btf, report)
  const variables = new Map<string, VariableSpec>()
  const data = new Map<number, string>()
  const symbols = symbolsBySection(elf.symbols)
  const spend = budget(DATA_BYTES_MAX, 'bytes of global variables')
  for (const section of elf.sections.filter(isDataSection)) {
    spend(section.size)
    const map = mapOfDataSection(section, btf)
    maps.set(map.name, map)
    data.set(section.index, map.name)
    for (const variable of variablesOf(symbols.get(section.index) ?? [], map, elf.littleEndian))
      variables.set(variable.name, variable)
  }
  const scope: LinkScope = {
    code: new Code(elf),
    extInfo: parseExtInfo(content('.BTF.ext'), btf),
    littleEndian: elf.littleEndian,
    spend: budget(INSTRUCTION_BYTES_MAX, 'bytes of code in all programs together'),
    mapOf: mapFinder(elf, maps, data),
  }
  const programs = linkedPrograms(elf, scope, report)
  return { name, littleEndian: elf.littleEndian, license, programs, maps, variables, btf }
}

function declaredMaps(elf: ElfFile, btf: Btf, report: Report): Map<string, MapSpec> {
  const maps = new Map<string, MapSpec>()
  const spend = budget(MAP_COUNT_MAX, 'maps')
  for (const id of btf.idsOf('.maps', 'datasec')) {
    const section = btf.type(id)
    if (section.kind !== 'datasec') continue
    for (const { typeId } of section.variables) {
      const variable = btf.type(typeId)
      if (variable.kind !== 'var') continue
      spend(1)
      try {
        maps.set(variable.name, mapOfDeclaration(btf, variable.name, variable.typeId))
      } catch (error) {
        report('BPF005', 'error', `map ${variable.name}: ${EbpfError.from(error).message}`)
      }
    }
  }
  if (elf.sections.some(({ name }) => name === 'maps'))
    report('BPF005', 'error', 'SEC("maps") declares maps the way of before BTF', 'use SEC(".maps")')
  return maps
}

/** What a relocation's symbol means: a declared map, or a place in a data section's map. */
function mapFinder(elf: ElfFile, maps: ReadonlyMap<string, MapSpec>, data: ReadonlyMap<number, string>) {
  const mapsIndex = elf.sections.find(({ name }) => name === '.maps')?.index
  const declaredAt = new Map<number, string>()
  for (const symbol of elf.symbols)
    if (symbol.sectionIndex === mapsIndex && maps.has(symbol.name)) declaredAt.set(symbol.value, symbol.name)
  return (symbol: ElfSymbol, addend: number) => {
    if (symbol.sectionIndex === mapsIndex) {
      const map = declaredAt.get(symbol.value + addend)
      return map === undefined ? undefined : { map }
    }
    const map = data.get(symbol.sectionIndex)
    return map === undefined ? undefined : { map, valueOffset: symbol.value + addend }
  }
}

function linkedPrograms(elf: ElfFile, scope: LinkScope, report: Report): Map<string, ProgramSpec> {
  const programs = new Map<string, ProgramSpec>()
  const entries = scope.code.functions.filter((fn) => fn.section.name !== '.text' && fn.global)
  for (const entry of entries) {
    const section = entry.section.name
    const kind = sectionKindOf(section)
    if (kind === undefined) {
      report('BPF003', 'error', `program ${entry.name}: section "${section}" names no hook`)
      continue
    }
    try {
      programs.set(entry.name, { name: entry.name, section, kind, ...linkProgram(entry, scope) })
    } catch (error) {
      if (error instanceof EbpfError && error.code === 'limit') throw error
      report('BPF004', 'error', `program ${entry.name}: ${EbpfError.from(error).message}`)
    }
  }
  if (elf.sections.every((section) => !isCode(section) || section.size === 0))
    report('BPF004', 'warning', 'the object has no program')
  return programs
}

/** A function that takes from a limited amount, and throws {EbpfError} `limit` when it is used up. */
function budget(limit: number, what: string): (amount: number) => void {
  let left = limit
  return (amount) => {
    left -= amount
    if (left < 0) throw new EbpfError('limit', `more than ${limit} ${what}`)
  }
}
