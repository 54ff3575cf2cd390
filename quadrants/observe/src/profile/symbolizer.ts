import { basename } from 'node:path'
import { FrameKind, SampleKind } from '@quadrant/proto'
import { ImageTable } from './image-table.ts'
import { JitSymbols } from './jit-symbols.ts'
import { KernelFunctions } from './kernel-functions.ts'
import type { Location } from './location.ts'
import type { ImageId, ProcessImage } from './process-image.ts'
import type { Mapping } from './process-maps.ts'
import { type SourceFrame, UNKNOWN_FUNCTION } from './source-frame.ts'
import { kernelAddressAt, STACK, USER_FRAMES_MAX, wordAt } from './stack-record.ts'
import { SymbolCache, type SymbolCacheOptions } from './symbol-cache.ts'
import { openVdso } from './vdso.ts'

export interface SymbolizerOptions extends SymbolCacheOptions {
  /** Default `/proc`. */
  readonly procRoot?: string
}

/** A stack in words. */
export interface ResolvedStack {
  /** The innermost first. */
  readonly frames: readonly SourceFrame[]
  readonly kind: SampleKind
  /** Its user part ends before the outermost frame, or is missing. */
  readonly isBroken: boolean
  /** Nobody knows what was where in the process: it had ended, or executed something else. */
  readonly isUnknown: boolean
}

/** Turns addresses of stacks into functions. */
export class Symbolizer implements Disposable {
  readonly #cache: SymbolCache
  readonly #images: ImageTable
  readonly #jit: JitSymbols
  readonly #kernel: KernelFunctions
  readonly #vdso: (offset: number) => Location
  #nowMs = 0

  constructor(options: SymbolizerOptions = {}) {
    const procRoot = options.procRoot ?? '/proc'
    this.#cache = new SymbolCache(options)
    this.#images = new ImageTable(procRoot, this.#cache)
    this.#jit = new JitSymbols(procRoot)
    this.#kernel = new KernelFunctions(procRoot)
    this.#vdso = openVdso(procRoot)
  }

  get fileCount(): number {
    return this.#cache.fileCount
  }

  /** About how many bytes of symbols are held. */
  get byteLength(): number {
    return this.#cache.byteLength + this.#jit.byteLength + this.#kernel.byteLength
  }

  /** Reads the mappings of a program that was not met yet, before it ends. */
  meet(id: ImageId, nowMs: number): void {
    this.#images.meet(id, nowMs)
  }

  /** Before the stacks of a turn: what is due by now is read anew, what is over the limits is given up. */
  refresh(nowMs: number): void {
    this.#nowMs = nowMs
    this.#kernel.refresh(nowMs)
    this.#cache.trim()
  }

  /** The stack at an offset, in the form of `struct stack`. */
  resolve(id: ImageId, view: DataView, at: number): ResolvedStack {
    const frames: SourceFrame[] = []
    const kernelCount = view.getUint16(at + STACK.kernelFrames, true)
    const userAt = at + STACK.frames + kernelCount * 8
    for (let index = 0; index < kernelCount; index++) {
      // All but the innermost are return addresses: the call is before them.
      const address = kernelAddressAt(view, at + STACK.frames + index * 8) - (index === 0 ? 0 : 1)
      append(frames, this.#kernel.locationAt(address))
    }
    if (id.startStack === 0) return plain(frames)
    return this.#resolveUser(id, view, userAt, view.getUint16(at + STACK.userFrames, true), frames)
  }

  [Symbol.dispose](): void {
    this.#cache[Symbol.dispose]()
  }

  #resolveUser(id: ImageId, view: DataView, at: number, count: number, frames: SourceFrame[]): ResolvedStack {
    const image = this.#images.meet(id, this.#nowMs)
    if (image.mappings === undefined && !image.read(this.#nowMs)) {
      if (count > 0) append(frames, unknownLocation(''))
      return { ...plain(frames), isBroken: count === 0, isUnknown: true }
    }
    let last: Location | undefined
    let lastGo: Location | undefined
    let isCollector = false
    let isProgram = false
    let isEnd = false
    for (let index = 0; index < count; index++) {
      const address = wordAt(view, at + index * 8)
      // Nothing called it.
      isEnd = address === 0
      if (isEnd) break
      last = this.#locate(image, index === 0 ? address : address - 1)
      if (last === undefined) break
      append(frames, last)
      if (!last.isGo) continue
      lastGo = last
      isCollector ||= last.isCollector
      isProgram ||= last.isProgram
    }
    const isWhole =
      lastGo?.isOutermost === true ||
      (count < USER_FRAMES_MAX && last !== undefined && (isEnd || last.isOutermost))
    return {
      frames,
      kind: isCollector
        ? SampleKind.GC
        : lastGo !== undefined && !isProgram
          ? SampleKind.RUNTIME
          : SampleKind.UNSPECIFIED,
      isBroken: !isWhole,
      isUnknown: false,
    }
  }

  /** Undefined for an address that is no code: the stack is broken there. */
  #locate(image: ProcessImage, address: number): Location | undefined {
    const known = image.locationAt(address)
    if (known !== undefined) return known
    let mapping = image.mappingAt(address)
    if (mapping === undefined && image.read(this.#nowMs)) mapping = image.mappingAt(address)
    if (mapping === undefined) return undefined
    const location = this.#locateIn(image, mapping, address)
    // Code that was made a moment ago may be told in the next.
    if (mapping.inode !== 0 || location.frames[0]!.kind !== FrameKind.UNKNOWN)
      image.remember(address, location)
    return location
  }

  #locateIn(image: ProcessImage, mapping: Mapping, address: number): Location {
    const { path, start, fileOffset } = mapping
    if (path === '[vdso]') return this.#vdso(address - start)
    const found = this.#locateInFile(image, mapping, address - start + fileOffset)
    if (found !== undefined && found.frames[0]!.kind !== FrameKind.UNKNOWN) return found
    return (
      this.#jit.locationAt(image, address, this.#nowMs) ??
      found ??
      unknownLocation(path === '' ? '[anonymous]' : fileName(path))
    )
  }

  #locateInFile(image: ProcessImage, mapping: Mapping, offset: number): Location | undefined {
    if (mapping.inode === 0) return undefined
    const file = this.#images.fileOf(image, mapping)
    return file && this.#cache.symbolsOf(file, fileName(mapping.path))?.locationAt(offset)
  }
}

function append(frames: SourceFrame[], location: Location): void {
  for (const frame of location.frames) frames.push(frame)
}

function plain(frames: SourceFrame[]): ResolvedStack {
  return { frames, kind: SampleKind.UNSPECIFIED, isBroken: false, isUnknown: false }
}

function fileName(path: string): string {
  return basename(path.replace(/ \(deleted\)$/, ''))
}

const unknown = new Map<string, Location>()
const UNKNOWN_MAX = 1024

/** One for each module, as frames are told apart by identity. */
function unknownLocation(module: string): Location {
  let location = unknown.get(module)
  if (location === undefined) {
    location = {
      frames: [
        { function: UNKNOWN_FUNCTION, file: '', line: 0, module, kind: FrameKind.UNKNOWN, inlined: false },
      ],
      isOutermost: false,
      isGo: false,
      isCollector: false,
      isProgram: true,
    }
    if (unknown.size >= UNKNOWN_MAX) unknown.clear()
    unknown.set(module, location)
  }
  return location
}
