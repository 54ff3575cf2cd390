import type { ModuleSpec } from '../module/module-spec.ts'
import { ModuleReader } from '../module/module-reader.ts'
import { SectionId, type ModuleSection } from '../module/sections.ts'
import { ByteWriter } from './byte-writer.ts'

/** Where sections stand in a module: not by their ids alone (5.5.16). */
const ORDER: readonly number[] = [
  SectionId.TYPE,
  SectionId.IMPORT,
  SectionId.FUNCTION,
  SectionId.TABLE,
  SectionId.MEMORY,
  SectionId.TAG,
  SectionId.GLOBAL,
  SectionId.EXPORT,
  SectionId.START,
  SectionId.ELEMENT,
  SectionId.DATA_COUNT,
  SectionId.CODE,
  SectionId.DATA,
]

/** A module's sections with changes, each content without id and size. */
export class NewSections {
  readonly #spec: ModuleSpec
  readonly #contents = new Map<number, Uint8Array>()
  readonly #removed = new Set<string>()
  readonly #customs = new Map<number, Uint8Array>()

  constructor(spec: ModuleSpec) {
    this.#spec = spec
  }

  replace(id: number, content: Uint8Array): void {
    this.#contents.set(id, content)
  }

  /** Adds to the end of a section that is a list, also to one that is not there. */
  append(id: number, items: readonly Uint8Array[]): void {
    if (items.length === 0) return
    const section = this.#spec.sections.find((each) => each.id === id)
    const content =
      this.#contents.get(id) ?? this.#spec.bytes.subarray(section?.contentStart ?? 0, section?.end ?? 0)
    const reader = new ModuleReader(content)
    const out = new ByteWriter()
    out.u32((content.length === 0 ? 0 : reader.u32()) + items.length)
    out.append(reader.bytes.subarray(reader.at, reader.end))
    for (const item of items) out.append(item)
    this.replace(id, out.finish())
  }

  /** Leaves out the custom sections of a name. */
  removeCustom(name: string): void {
    this.#removed.add(name)
  }

  /** Puts a custom section, its name and what is in it, before the section of that id, if there is one. */
  addBefore(id: number, custom: Uint8Array): void {
    this.#customs.set(id, custom)
  }

  module(): Uint8Array {
    const { bytes, sections } = this.#spec
    const pieces: Uint8Array[] = [bytes.subarray(0, 8)]
    const missing = [...this.#contents.keys()].filter((id) => sections.every((each) => each.id !== id))
    for (const section of sections) {
      this.#addBefore(section, missing, pieces)
      if (this.#isRemoved(section)) continue
      const custom = this.#customs.get(section.id)
      if (custom !== undefined) pieces.push(...encoded(SectionId.CUSTOM, custom))
      const content = this.#contents.get(section.id)
      if (content === undefined) pieces.push(bytes.subarray(section.start, section.end))
      else pieces.push(...encoded(section.id, content))
    }
    this.#addBefore(undefined, missing, pieces)
    return Buffer.concat(pieces)
  }

  #isRemoved({ id, end }: ModuleSection): boolean {
    if (id !== SectionId.CUSTOM || this.#removed.size === 0) return false
    const custom = this.#spec.customs.find((each) => each.end === end)
    return custom !== undefined && this.#removed.has(custom.name)
  }

  /** New sections that must stand before the one that comes, or before the end. */
  #addBefore(next: ModuleSection | undefined, missing: number[], pieces: Uint8Array[]): void {
    if (next?.id === SectionId.CUSTOM) return
    const place = next === undefined ? ORDER.length : ORDER.indexOf(next.id)
    for (const id of ORDER.slice(0, Math.max(place, 0))) {
      const index = missing.indexOf(id)
      if (index === -1) continue
      missing.splice(index, 1)
      pieces.push(...encoded(id, this.#contents.get(id)!))
    }
  }
}

function encoded(id: number, content: Uint8Array): readonly Uint8Array[] {
  const head = new ByteWriter(8)
  head.u8(id)
  head.u32(content.length)
  return [head.finish(), content]
}
