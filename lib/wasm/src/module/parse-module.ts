import type {
  ByteRange,
  CustomSection,
  ExternKind,
  FunctionType,
  Limits,
  ModuleExport,
  ModuleImport,
  ModuleSpec,
  TableDeclaration,
} from './module-spec.ts'
import { skipExpression, skipValueType } from './instructions.ts'
import { ModuleReader } from './module-reader.ts'
import { readSections, SectionId, type ModuleSection } from './sections.ts'

/** Limits of engines (WebAssembly JavaScript Interface, implementation-defined limits), or below them. */
const TYPES_MAX = 1_000_000
const FUNCTIONS_MAX = 1_000_000
const IMPORTS_MAX = 100_000
const EXPORTS_MAX = 1_000_000
const GLOBALS_MAX = 1_000_000
const TABLES_MAX = 100_000
const MEMORIES_MAX = 100
const VALUES_MAX = 1000

const KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global', 'tag']

const FORM_FUNCTION = 0x60

/**
 * Reads what a module declares (WebAssembly core specification, 5.5). What its functions do is not looked at, and not
 * whether an engine would accept it.
 *
 * @throws {WasmError} `module` for bytes that are none, with the place
 */
export function parseModule(bytes: Uint8Array): ModuleSpec {
  const sections = readSections(bytes)
  const of = (id: number): ModuleReader | undefined => {
    const section = sections.find((each) => each.id === id)
    return section && new ModuleReader(bytes, section.contentStart, section.end)
  }
  const imports = list(of(SectionId.IMPORT), IMPORTS_MAX, 'imports', readImport)
  return {
    bytes,
    sections,
    types: readTypes(of(SectionId.TYPE)),
    imports,
    functionTypes: Uint32Array.from(
      list(of(SectionId.FUNCTION), FUNCTIONS_MAX, 'functions', (reader) => reader.u32()),
    ),
    tables: list(of(SectionId.TABLE), TABLES_MAX, 'tables', readTable),
    memories: list(of(SectionId.MEMORY), MEMORIES_MAX, 'memories', readLimits),
    globalCount: of(SectionId.GLOBAL)?.count(GLOBALS_MAX, 'globals') ?? 0,
    exports: list(of(SectionId.EXPORT), EXPORTS_MAX, 'exports', readExport),
    startFunction: of(SectionId.START)?.u32(),
    bodies: list(of(SectionId.CODE), FUNCTIONS_MAX, 'bodies', readBody),
    customs: sections.filter(({ id }) => id === SectionId.CUSTOM).map((each) => readCustom(bytes, each)),
  }
}

function list<T>(
  reader: ModuleReader | undefined,
  max: number,
  what: string,
  read: (reader: ModuleReader) => T,
): readonly T[] {
  if (reader === undefined) return []
  const count = reader.count(max, what)
  const items: T[] = []
  for (let index = 0; index < count; index++) items.push(read(reader))
  return items
}

function readTypes(reader: ModuleReader | undefined): readonly FunctionType[] | undefined {
  if (reader === undefined) return []
  const count = reader.count(TYPES_MAX, 'types')
  const types: FunctionType[] = []
  for (let index = 0; index < count; index++) {
    if (reader.u8() !== FORM_FUNCTION) return undefined
    const paramCount = skipValueTypes(reader)
    const start = reader.at
    const resultCount = skipValueTypes(reader)
    const results = new ModuleReader(reader.bytes, start, reader.at)
    results.u32()
    types.push({ paramCount, resultCount, results: reader.bytes.subarray(results.at, reader.at) })
  }
  return types
}

function skipValueTypes(reader: ModuleReader): number {
  const count = reader.count(VALUES_MAX, 'values of a function')
  for (let index = 0; index < count; index++) skipValueType(reader)
  return count
}

function readImport(reader: ModuleReader): ModuleImport {
  const module = reader.name()
  const name = reader.name()
  const kind = readKind(reader)
  if (kind === 'function') reader.u32()
  else if (kind === 'table') return { module, name, kind, limits: readTable(reader).limits }
  else if (kind === 'memory') return { module, name, kind, limits: readLimits(reader) }
  else if (kind === 'global') {
    skipValueType(reader)
    reader.u8()
  } else {
    reader.u8()
    reader.u32()
  }
  return { module, name, kind }
}

function readExport(reader: ModuleReader): ModuleExport {
  return { name: reader.name(), kind: readKind(reader), index: reader.u32() }
}

function readKind(reader: ModuleReader): ExternKind {
  return KINDS[reader.u8()] ?? reader.fail('there is something of an unknown kind', reader.at - 1)
}

/** Behind 0x40 0x00 the table has an expression that gives its elements their value. */
function readTable(reader: ModuleReader): TableDeclaration {
  const start = reader.at
  const hasExpression = reader.bytes[reader.at] === 0x40
  if (hasExpression) reader.skip(2)
  skipValueType(reader)
  const limitsStart = reader.at
  const limits = readLimits(reader)
  const limitsEnd = reader.at
  if (hasExpression) skipExpression(reader)
  return { limits, start, limitsStart, limitsEnd, end: reader.at }
}

function readLimits(reader: ModuleReader): Limits {
  const flags = reader.u8()
  if (flags > 7) reader.fail('there are limits of an unknown kind', reader.at - 1)
  const is64 = (flags & 4) !== 0
  const read = () => (is64 ? reader.u48() : reader.u32())
  const minimum = read()
  return { minimum, maximum: (flags & 1) === 0 ? undefined : read(), isShared: (flags & 2) !== 0, is64 }
}

function readBody(reader: ModuleReader): ByteRange {
  const size = reader.u32()
  const start = reader.at
  reader.skip(size)
  return { start, end: reader.at }
}

function readCustom(bytes: Uint8Array, section: ModuleSection): CustomSection {
  const reader = new ModuleReader(bytes, section.contentStart, section.end)
  const name = reader.name()
  return { name, start: reader.at, end: section.end }
}
