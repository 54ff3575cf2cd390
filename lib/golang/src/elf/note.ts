import { readBytes } from '../byte-source.ts'
import { viewOf } from '../word.ts'
import type { ElfImage } from './elf-image.ts'
import { SECTION_TYPE } from './section.ts'
import { SEGMENT_TYPE } from './segment.ts'

/** What identifies a build. */
export interface BuildIds {
  /** NT_GNU_BUILD_ID in hexadecimal; Go's own linker writes it since 1.24, C linkers always do. */
  readonly gnu?: string
  /** Go's build id: `actionID/…/contentID`. */
  readonly go?: string
}

const NT_GNU_BUILD_ID = 3
const NT_GO_BUILD_ID = 4

/** A build's notes have a few hundred bytes, in four places or fewer. */
const NOTES_BYTES_MAX = 64 << 10
const PLACE_COUNT_MAX = 32

/** The build ids in the note segments, or in the note sections. @throws {GolangError} `read` */
export function readBuildIds(image: ElfImage): BuildIds {
  const ids: { gnu?: string; go?: string } = {}
  const places = [
    ...image.segments
      .filter(({ type }) => type === SEGMENT_TYPE.note)
      .map(({ offset, fileBytes }) => ({ offset, size: fileBytes })),
    ...image.sections.filter(({ type }) => type === SECTION_TYPE.note),
  ]
  for (const { offset, size } of places.slice(0, PLACE_COUNT_MAX)) {
    if (ids.gnu !== undefined && ids.go !== undefined) break
    if (size > NOTES_BYTES_MAX || !(offset + size <= image.source.byteLength)) continue
    readNotes(readBytes(image.source, offset, size), (name, type, content) => {
      if (name === 'GNU' && type === NT_GNU_BUILD_ID) ids.gnu ??= content.toHex()
      if (name === 'Go' && type === NT_GO_BUILD_ID) ids.go ??= new TextDecoder().decode(content)
    })
  }
  return ids
}

function readNotes(
  bytes: Uint8Array,
  onNote: (name: string, type: number, content: Uint8Array) => void,
): void {
  const view = viewOf(bytes)
  for (let at = 0; at + 12 <= bytes.length;) {
    const nameBytes = view.getUint32(at, true)
    const contentBytes = view.getUint32(at + 4, true)
    const type = view.getUint32(at + 8, true)
    const nameEnd = at + 12 + nameBytes
    const start = align(nameEnd)
    const end = start + contentBytes
    if (end > bytes.length) return
    const name = String.fromCharCode(...bytes.subarray(at + 12, at + 12 + Math.min(nameBytes, 16)))
    onNote(name.replace(/\0+$/, ''), type, bytes.subarray(start, end))
    at = align(end)
  }
}

function align(offset: number): number {
  return Math.ceil(offset / 4) * 4
}
