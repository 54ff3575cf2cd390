import { findMappedFile, type MappedFile } from './mapped-file.ts'
import { ProcessImage, type ImageId } from './process-image.ts'
import type { Mapping } from './process-maps.ts'
import type { SymbolCache } from './symbol-cache.ts'

/** Programs that are known at once, the least recently sampled given up first: about 20 kB each. */
const IMAGES_MAX = 2048

/** The programs that were sampled. */
export class ImageTable {
  readonly #procRoot: string
  readonly #cache: SymbolCache
  /** In order of use, the last used at the end. */
  readonly #images = new Map<string, ProcessImage>()
  readonly #files = new WeakMap<Mapping, MappedFile>()
  #last: ProcessImage | undefined

  constructor(procRoot: string, cache: SymbolCache) {
    this.#procRoot = procRoot
    this.#cache = cache
  }

  /** The program of a sample: its mappings are read when it is first met, and its files held open. */
  meet(id: ImageId, nowMs: number): ProcessImage {
    const { pid, startTicks, startStack } = id
    const last = this.#last?.id
    if (last?.pid === pid && last.startTicks === startTicks && last.startStack === startStack)
      return this.#last!
    const key = `${pid}@${startTicks} ${startStack}`
    let image = this.#images.get(key)
    if (image === undefined) {
      image = new ProcessImage(id, this.#procRoot)
      if (image.read(nowMs)) this.#keepFiles(image)
      if (this.#images.size >= IMAGES_MAX) this.#images.delete(this.#images.keys().next().value!)
    } else this.#images.delete(key)
    this.#images.set(key, image)
    this.#last = image
    return image
  }

  /** The file behind a mapping, also once the process has ended; undefined where there was none by then. */
  fileOf(image: ProcessImage, mapping: Mapping): MappedFile | undefined {
    let file = this.#files.get(mapping)
    if (file === undefined) {
      file = findMappedFile(this.#procRoot, image.id.pid, mapping)
      if (file !== undefined) this.#files.set(mapping, file)
    }
    return file
  }

  #keepFiles(image: ProcessImage): void {
    for (const mapping of image.mappings ?? []) {
      const file = this.fileOf(image, mapping)
      if (file !== undefined) this.#cache.keep(file)
    }
  }
}
