import { ExtendError } from '../error.ts'

/** What a guest knows by number, from 0 on. wasi-nn has no call to give any of it back. */
export class HandleTable<T> {
  readonly #entries: T[] = []
  readonly #what: string
  readonly #countMax: number

  constructor(what: string, countMax: number) {
    this.#what = what
    this.#countMax = countMax
  }

  /** @throws {ExtendError} `argument` */
  get(handle: number): T {
    const entry = this.#entries[handle >>> 0]
    if (entry === undefined) throw new ExtendError('argument', `there is no ${this.#what} ${handle >>> 0}`)
    return entry
  }

  /** That there is room for one more. @throws {ExtendError} `busy` */
  check(): void {
    if (this.#entries.length >= this.#countMax)
      throw new ExtendError('busy', `${this.#countMax} of them are allowed: ${this.#what}`)
  }

  add(entry: T): number {
    this.check()
    return this.#entries.push(entry) - 1
  }

  /** Takes all of them out. */
  clear(): readonly T[] {
    return this.#entries.splice(0)
  }
}
