import { closeSync, fstatSync } from 'node:fs'
import {
  addressOf,
  framesAt,
  heldBytes,
  openElf,
  openGoBinary,
  readBuildIds,
  readThrough,
  sectionNamed,
  type ByteSource,
  type ElfImage,
  type GoBinary,
} from '@quadrant/golang'
import { FRAME_KIND } from './kinds.ts'
import { isCollector, isGoOutermost, isGoRuntime } from './go-runtime-names.ts'
import { type Location, plainLocation } from './location.ts'
import { moduleNames, type ModuleOf } from './module-name.ts'
import { isNativeOutermost } from './native-outermost.ts'
import { NativeSymbols } from './native-symbols.ts'
import type { PageCache } from './page-cache.ts'
import { oneFrame, UNKNOWN_FUNCTION } from './source-frame.ts'

/** Addresses that are remembered of one file: a busy service has 5000. */
const LOCATIONS_MAX = 16_384
/** About what an address takes that is remembered, with its frames. */
const LOCATION_BYTES = 400
/** Of a Go program's functions whose frames were asked for, decoded: 4000 of them. */
const GO_CODE_BYTES_MAX = 4 << 20
/** Of its names and files, decoded. */
const GO_STRING_BYTES_MAX = 1 << 20

/** By these alone is a file looked at for a function table: the search is expensive. */
const GO_SECTIONS = ['.go.buildinfo', '.gopclntab', '.data.rel.ro.gopclntab', '.note.go.buildid'] as const

export interface FileSymbolsOptions {
  /** The file's name, without its folder. */
  readonly name: string
  /** Larger tables of symbols are not read: without `.symtab`, exported functions are what is left. */
  readonly tableBytesMax: number
  /** Of all files together. */
  readonly pages: PageCache
}

/** The functions of one executable or library. Takes the descriptor over. */
export class FileSymbols implements Disposable {
  readonly name: string
  /** Undefined where the file has none. */
  readonly buildId: string | undefined
  readonly fileBytes: number
  readonly #fd: number
  readonly #image: ElfImage | undefined
  readonly #entry: number
  readonly #go: GoBinary | undefined
  readonly #moduleOf: ModuleOf
  readonly #tableBytesMax: number
  #native: NativeSymbols | undefined | 'none'
  readonly #locations = new Map<number, Location>()

  constructor(fd: number, options: FileSymbolsOptions) {
    this.#fd = fd
    this.name = options.name
    this.#tableBytesMax = options.tableBytesMax
    const source = options.pages.source(fd, fstatSync(fd).size)
    this.#image = attempt(() => openElf(source))
    const image = this.#image
    this.fileBytes = source.byteLength
    this.#entry = image === undefined ? 0 : entryOf(source)
    this.buildId = image && attempt(() => buildIdOf(image))
    this.#go = image && isGoFile(image) ? attempt(() => openGo(source)) : undefined
    this.#moduleOf = moduleNames(this.#go?.buildInfo, this.name)
  }

  /** About how many bytes are held for it. */
  get byteLength(): number {
    const go = this.#go ? heldBytes(this.#go.functions) : 0
    const native = this.#native instanceof NativeSymbols ? this.#native.byteLength : 0
    return 4096 + go + native + this.#locations.size * LOCATION_BYTES
  }

  /** What is at a place in the file. */
  locationAt(fileOffset: number): Location {
    let location = this.#locations.get(fileOffset)
    if (location !== undefined) return location
    if (this.#locations.size >= LOCATIONS_MAX) {
      this.#locations.clear()
    }
    location = this.#locate(fileOffset)
    this.#locations.set(fileOffset, location)
    return location
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }

  #locate(fileOffset: number): Location {
    const address = this.#image && addressOf(this.#image, fileOffset)
    if (address === undefined) return this.#nativeLocation(undefined, -1)
    return this.#goLocation(address) ?? this.#nativeLocation(this.#nativeName(address), address - this.#entry)
  }

  #goLocation(address: number): Location | undefined {
    const functions = this.#go?.functions
    const calls = functions && attempt(() => framesAt(functions, address))
    if (calls === undefined || calls.length === 0) return undefined
    // Wrappers have no line of their own, and Go's own traces leave them out.
    const shown = calls.length > 1 ? calls.filter(({ wrapper }) => !wrapper) : calls
    const frames = (shown.length > 0 ? shown : calls).map(({ function: name, file, line, inlined }) =>
      oneFrame({ function: name, file, line, module: this.#moduleOf(name), kind: FRAME_KIND.go, inlined }),
    )
    return {
      frames,
      isOutermost: isGoOutermost(calls.at(-1)!.function),
      isGo: true,
      isCollector: calls.some(({ function: name }) => isCollector(name)),
      isProgram: calls.some(({ function: name }) => !isGoRuntime(name)),
    }
  }

  #nativeName(address: number): string | undefined {
    const image = this.#image
    this.#native ??= (image && attempt(() => new NativeSymbols(image, this.#tableBytesMax))) ?? 'none'
    return this.#native === 'none' ? undefined : this.#native.nameAt(address)
  }

  #nativeLocation(name: string | undefined, entryDistance: number): Location {
    const kind = name !== undefined ? FRAME_KIND.native : FRAME_KIND.unknown
    const frame = { function: name ?? UNKNOWN_FUNCTION, file: '', line: 0, module: this.name, kind }
    return plainLocation(frame, isNativeOutermost(name, this.name, entryDistance))
  }
}

/** Files are foreign: whatever is wrong with one, its functions are not known, and that is all. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** A Go program whose tables are read through the cache that all share, in the place of one of its own. */
function openGo(source: ByteSource): GoBinary {
  const go = openGoBinary(source)
  const functions = readThrough(go.functions, source, {
    codeBytesMax: GO_CODE_BYTES_MAX,
    stringBytesMax: GO_STRING_BYTES_MAX,
  })
  return { ...go, functions }
}

function isGoFile(image: ElfImage): boolean {
  return GO_SECTIONS.some((name) => sectionNamed(image, name) !== undefined)
}

function buildIdOf(image: ElfImage): string | undefined {
  const { gnu, go } = readBuildIds(image)
  if (go !== undefined && go !== '') return `go:${go}`
  return gnu === undefined ? undefined : `gnu:${gnu}`
}

/** e_entry, at byte 24 of the header. */
function entryOf(source: ByteSource): number {
  const bytes = source.read(24, 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32
}
