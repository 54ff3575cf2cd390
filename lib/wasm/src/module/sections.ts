import { WasmError } from '../error.ts'
import { readU32 } from './leb128.ts'

/** More sections than any compiler writes: a module of empty ones must not cost an object for each two bytes. */
const SECTIONS_MAX = 10_000

/** Ids of sections (WebAssembly core specification, binary format). */
export const SectionId = { MEMORY: 5 } as const

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
  if (!(bytes.length >= 8 && Buffer.from(bytes.subarray(0, 8)).equals(MAGIC)))
    throw new WasmError('module', 'it does not begin as a WebAssembly module does')
  const sections: ModuleSection[] = []
  let at = 8
  while (at < bytes.length) {
    const { value: size, end: contentStart } = readU32(bytes, at + 1)
    const end = contentStart + size
    if (end > bytes.length) throw new WasmError('module', `the section at byte ${at} ends behind the module`)
    if (sections.length === SECTIONS_MAX)
      throw new WasmError('module', `it has more than ${SECTIONS_MAX} sections`)
    sections.push({ id: bytes[at]!, start: at, contentStart, end })
    at = end
  }
  return sections
}

/** The magic number, and version 1. */
const MAGIC = Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
