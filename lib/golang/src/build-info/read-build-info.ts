import type { Analysis, Diagnostic } from '@quadrant/core'
import { readBytes } from '../byte-source.ts'
import { readAddress, sectionNamed, segmentAt, type ElfImage } from '../elf/elf-image.ts'
import { readRelocated } from '../elf/relocation.ts'
import { SEGMENT_FLAG, SEGMENT_TYPE } from '../elf/segment.ts'
import { GolangError } from '../error.ts'
import { readWord, viewOf } from '../word.ts'
import type { BuildInfo } from './build-info.ts'
import { parseModuleText } from './parse-module-text.ts'

/** `\xff Go buildinf:` */
const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
const ALIGN = 16
const HEADER_BYTES = 32
const FLAG_INLINE = 2

/** Without a section the magic is looked for in the data: at its start, where the linker puts it. */
const SEARCH_BYTES_MAX = 32 << 20
const SEARCH_CHUNK_BYTES = 1 << 20

/** The module text of the largest program we know has 60 KB. */
const STRING_BYTES_MAX = 8 << 20

/** As many bytes as the longest that is allowed has, and one more: a length of nothing but zeros would go on for ever. */
const LENGTH_BYTES_MAX = 5

/** 16 bytes before and after the module text, by which the Go command finds it. */
const FRAME_BYTES = 16

/**
 * The build information of a Go binary (debug/buildinfo), stripped or not. `value` is undefined where there is none,
 * with a diagnostic that says so; it never throws on what a file holds.
 *
 * ```
 *  0 "\xff Go buildinf:"  14 pointer size  15 flags   since 1.18 (flag 2): 32 two strings, each after its varint length
 *                                                     before:  16 pointer to the version  24 pointer to the module text
 * ```
 *
 * @throws {GolangError} `read` where the source itself fails
 */
export function readBuildInfo(image: ElfImage): Analysis<BuildInfo | undefined> {
  try {
    const { goVersion, moduleText } = readStrings(image)
    const { value, diagnostics } = parseModuleText(moduleText)
    return { value: { goVersion, ...value }, diagnostics }
  } catch (error) {
    if (!(error instanceof GolangError)) throw error
    const code = error.code === 'not-go' ? 'GOBI010' : 'GOBI011'
    const diagnostic: Diagnostic = { code, severity: 'error', message: error.message }
    return { value: undefined, diagnostics: [diagnostic] }
  }
}

function readStrings(image: ElfImage) {
  const address = findHeader(image)
  const header = readAddress(image, address, HEADER_BYTES)
  let goVersion
  let framed
  if ((header[15]! & FLAG_INLINE) !== 0) {
    const version = readInline(image, address + HEADER_BYTES)
    goVersion = version.text
    framed = readInline(image, version.end).text
  } else {
    if (header[14] !== 8 || (header[15]! & 1) !== 0)
      throw new GolangError('build-info', `pointers of ${header[14]} bytes, flags ${header[15]}`)
    const pointers = viewOf(readRelocated(image, address, HEADER_BYTES))
    goVersion = readPointed(image, readWord(pointers, 16))
    framed = readPointed(image, readWord(pointers, 24))
  }
  if (goVersion === '') throw new GolangError('not-go', 'build information without a Go version')
  const isFramed = framed.length > 2 * FRAME_BYTES && framed[framed.length - FRAME_BYTES - 1] === '\n'
  const text = isFramed ? framed.slice(FRAME_BYTES, -FRAME_BYTES) : ''
  return { goVersion, moduleText: utf8(text) }
}

function findHeader(image: ElfImage): number {
  const section = sectionNamed(image, '.go.buildinfo')
  const data =
    section ??
    image.segments.find(
      ({ type, flags }) =>
        type === SEGMENT_TYPE.load &&
        (flags & (SEGMENT_FLAG.write | SEGMENT_FLAG.executable)) === SEGMENT_FLAG.write,
    )
  const segment = data && segmentAt(image, data.address)
  if (data === undefined || segment === undefined)
    throw new GolangError('not-go', 'no build information: not built by the Go command')
  const start = Math.ceil(data.address / ALIGN) * ALIGN
  const end = Math.min(segment.address + segment.fileBytes, start + SEARCH_BYTES_MAX)
  for (let chunk = start; chunk < end; chunk += SEARCH_CHUNK_BYTES) {
    const length = Math.min(SEARCH_CHUNK_BYTES, end - chunk)
    const bytes = readBytes(image.source, chunk - segment.address + segment.offset, length)
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, length)
    for (let at = buffer.indexOf(MAGIC); at !== -1; at = buffer.indexOf(MAGIC, at + 1))
      if (at % ALIGN === 0) return chunk + at
  }
  throw new GolangError('not-go', 'no build information: not built by the Go command')
}

/** A string of bytes as Latin-1: framing bytes are no UTF-8. */
function readInline(image: ElfImage, address: number) {
  let length = 0
  let at = address
  for (let shift = 1; ; shift *= 128, at++) {
    const byte = readAddress(image, at, 1)[0]!
    length += (byte & 127) * shift
    if (length > STRING_BYTES_MAX || at - address >= LENGTH_BYTES_MAX)
      throw new GolangError('build-info', `a string of ${length} bytes at 0x${address.toString(16)}`)
    if (byte < 128) break
  }
  const start = at + 1
  return { text: latin1(readAddress(image, start, length)), end: start + length }
}

function readPointed(image: ElfImage, address: number): string {
  if (address === 0) return ''
  const header = viewOf(readRelocated(image, address, 16))
  const length = readWord(header, 8)
  if (length > STRING_BYTES_MAX)
    throw new GolangError('build-info', `a string of ${length} bytes at 0x${address.toString(16)}`)
  return length === 0 ? '' : latin1(readAddress(image, readWord(header, 0), length))
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function utf8(latin1Text: string): string {
  return Buffer.from(latin1Text, 'latin1').toString()
}
