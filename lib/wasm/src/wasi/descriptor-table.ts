import { closeDescriptor, type Descriptor } from './descriptor.ts'
import { fail } from './errno.ts'

/** The guest's descriptors by number, lowest free number first, as POSIX has it. */
export class DescriptorTable {
  readonly #slots: (Descriptor | undefined)[] = []
  readonly #countMax: number
  /** No free number is below. */
  #free = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  get(fd: number): Descriptor {
    return this.#slots[fd >>> 0] ?? fail('BADF')
  }

  /** That there is room for one more, before something is opened that would have to be closed again. */
  check(): void {
    while (this.#slots[this.#free] !== undefined) this.#free++
    if (this.#free >= this.#countMax) fail('MFILE')
  }

  add(descriptor: Descriptor): number {
    this.check()
    this.#slots[this.#free] = descriptor
    return this.#free++
  }

  /** Puts another in its place; what was there is left to whoever gave it. */
  replace(fd: number, descriptor: Descriptor): void {
    this.get(fd)
    this.#slots[fd] = descriptor
  }

  close(fd: number): void {
    const descriptor = this.get(fd)
    this.#slots[fd >>> 0] = undefined
    this.#free = Math.min(this.#free, fd >>> 0)
    closeDescriptor(descriptor)
  }

  /** Moves a descriptor to a number that is taken; what was there is closed. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from)
    const replaced = this.get(to)
    if (descriptor === replaced) return
    this.#slots[to >>> 0] = descriptor
    this.#slots[from >>> 0] = undefined
    this.#free = Math.min(this.#free, from >>> 0)
    closeDescriptor(replaced)
  }

  closeAll(): void {
    for (const [fd, descriptor] of this.#slots.entries())
      if (descriptor !== undefined) {
        this.#slots[fd] = undefined
        try {
          closeDescriptor(descriptor)
        } catch {
          // It is gone either way, and the others are to be closed too.
        }
      }
  }
}
