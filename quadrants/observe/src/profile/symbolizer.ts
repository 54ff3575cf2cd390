import { basename } from 'node:path'
import { FRAME_KIND } from './kinds.ts'
import { ImageTable } from './image-table.ts'
import { JitSymbols } from './jit-symbols.ts'
import { KernelFunctions } from './kernel-functions.ts'
import { type Location, unknownLocation } from './location.ts'
import type { ImageId, ProcessImage } from './process-image.ts'
import type { Mapping } from './process-maps.ts'
import { SymbolCache, type SymbolCacheOptions } from './symbol-cache.ts'
import { openVdso } from './vdso.ts'

export interface SymbolizerOptions extends SymbolCacheOptions {
  /** Default `/proc`. */
  readonly procRoot?: string
}

/** Tells what is at an address of a program, or of the kernel. */
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

  /** Before the stacks of a turn: what is due by now is read anew, what is over the limits is given up. */
  refresh(nowMs: number): void {
    this.#nowMs = nowMs
    this.#kernel.refresh(nowMs)
    this.#jit.refresh(nowMs)
    this.#cache.trim()
  }

  /** The program of a sample; its mappings are read when it is first met. */
  meet(id: ImageId, nowMs = this.#nowMs): ProcessImage {
    return this.#images.meet(id, nowMs)
  }

  /** Whether anything is known of the program. Not where it had ended, or executed another, before it was met. */
  isKnown(image: ProcessImage): boolean {
    return image.mappings !== undefined || image.read(this.#nowMs)
  }

  /** Of the kernel's functions: where it differs, those told before are no longer to be believed. */
  get kernelVersion(): number {
    return this.#kernel.version
  }

  /** @param address as `kernelAddressAt` gives it */
  locateInKernel(address: number): Location {
    return this.#kernel.locationAt(address)
  }

  /** Undefined for an address that is no code: the stack is broken there. */
  locate(image: ProcessImage, address: number): Location | undefined {
    const known = image.locationAt(address)
    if (known !== undefined) return known
    let mapping = image.mappingAt(address)
    if (mapping === undefined && image.read(this.#nowMs)) mapping = image.mappingAt(address)
    if (mapping === undefined) return undefined
    const location = this.#locateIn(image, mapping, address)
    // Code that was made a moment ago may be told in the next.
    const isKnown = mapping.inode !== 0 || location.frames[0]!.kind !== FRAME_KIND.unknown
    if (isKnown || !this.#jit.writesMap(image)) image.remember(address, location)
    return location
  }

  [Symbol.dispose](): void {
    this.#cache[Symbol.dispose]()
  }

  #locateIn(image: ProcessImage, mapping: Mapping, address: number): Location {
    const { path, start, fileOffset } = mapping
    if (path === '[vdso]') return this.#vdso(address - start)
    const found = this.#locateInFile(image, mapping, address - start + fileOffset)
    if (found !== undefined && found.frames[0]!.kind !== FRAME_KIND.unknown) return found
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

function fileName(path: string): string {
  return basename(path.replace(/ \(deleted\)$/, ''))
}
