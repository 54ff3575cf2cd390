import type { PartFile, StoreDirectory } from '../delivery/store-directory.ts'

/** What a process that was killed leaves its caller with. */
export class Killed extends Error {}

/** A directory in memory. `killAt(n)` ends the process at its n-th change from now on: half of that append is there, and nothing after it. */
export class MemoryStoreDirectory implements StoreDirectory {
  readonly files = new Map<string, Uint8Array>()
  changeCount = 0
  #killAt = Number.POSITIVE_INFINITY

  killAt(change: number): void {
    this.changeCount = 0
    this.#killAt = change
  }

  /** A new process. */
  revive(): void {
    this.#killAt = Number.POSITIVE_INFINITY
  }

  async list(): Promise<readonly string[]> {
    return [...this.files.keys()]
  }

  async read(name: string, bytesMax: number): Promise<Uint8Array | undefined> {
    const bytes = this.files.get(name)
    return bytes && bytes.length <= bytesMax ? new Uint8Array(bytes) : undefined
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    this.#change()
    this.files.set(name, new Uint8Array(bytes))
  }

  async rename(from: string, to: string): Promise<void> {
    this.#change()
    this.files.set(to, this.files.get(from)!)
    this.files.delete(from)
  }

  async remove(name: string): Promise<void> {
    this.#change()
    this.files.delete(name)
  }

  async openPart(name: string): Promise<PartFile> {
    if (!this.files.has(name)) {
      this.#change()
      this.files.set(name, new Uint8Array(0))
    }
    const content = () => this.files.get(name)!
    const append = (data: Uint8Array) => this.files.set(name, new Uint8Array([...content(), ...data]))
    return {
      get bytes() {
        return content().length
      },
      append: async (data) => {
        try {
          this.#change()
        } catch (error) {
          if (this.changeCount === this.#killAt + 1) append(data.subarray(0, data.length >> 1))
          throw error
        }
        append(data)
      },
      async *content() {
        yield content().slice()
      },
      sync: async () => {},
      [Symbol.asyncDispose]: async () => {},
    }
  }

  #change(): void {
    if (this.changeCount++ >= this.#killAt) throw new Killed()
  }
}
