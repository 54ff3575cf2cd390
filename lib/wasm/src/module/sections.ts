import { WasmError } from '../error.ts'
import { ModuleReader } from './module-reader.ts'

/** More sections than any compiler writes: a module of empty ones must not cost an object for each two bytes. */
const SECTIONS_MAX = 10_000

/** Ids of sections (WebAssembly core specification 5.5.2). */
export const SectionId = {
  CUSTOM: 0,
  TYPE: 1,
  IMPORT: 2,
  FUNCTION: 3,
  TABLE: 4,
  MEMORY: 5,
  GLOBAL: 6,
  EXPORT: 7,
  START: 8,
  ELEMENT: 9,
  CODE: 10,
  DATA: 11,
  DATA_COUNT: 12,
  TAG: 13,
} as const

/** Where a section lies in a module, in bytes. */
export interface ModuleSection {
  readonly id: number
  /** Of the id. */
  readonly start: number
  /** Of what is in it. */
  readonly contentStart: number
  readonly end: number
}

/**
 * The sections of a module in their order; what is in them is not looked at.
 *
 * @throws {WasmError} `module` for bytes that are none
 */
export function readSections(bytes: Uint8Array): readonly ModuleSection[] {
  if (!(bytes.length >= 8 && MAGIC.equals(bytes.subarray(0, 8))))
    throw new WasmError('module', 'it does not begin as a WebAssembly module does')
  const sections: ModuleSection[] = []
  const reader = new ModuleReader(bytes, MAGIC.length)
  while (!reader.isAtEnd) {
    const start = reader.at
    const id = reader.u8()
    const size = reader.u32()
    const contentStart = reader.at
    const end = contentStart + size
    if (end > bytes.length)
      throw new WasmError('module', `the section at byte ${start} ends behind the module`)
    if (sections.length === SECTIONS_MAX)
      throw new WasmError('module', `it has more than ${SECTIONS_MAX} sections`)
    sections.push({ id, start, contentStart, end })
    reader.at = end
  }
  return sections
}

/** The magic number, and version 1. */
const MAGIC = Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
