import { GolangError } from '../error.ts'

export type Id = number | bigint

/** What a profile holds once and refers to by an id. */
export class IdTable<Entry> {
  readonly entries: Entry[] = []
  readonly #indices = new Map<Id, number>()
  readonly #what: string

  constructor(what: string) {
    this.#what = what
  }

  /** @throws {GolangError} `pprof` for an id that is 0 or there already */
  add(id: Id, entry: Entry): void {
    if (id === 0) throw new GolangError('pprof', `a ${this.#what} has id 0`)
    if (this.#indices.has(id)) throw new GolangError('pprof', `two ${this.#what}s have id ${id}`)
    this.#indices.set(id, this.entries.length)
    this.entries.push(entry)
  }

  find(id: Id): number | undefined {
    return this.#indices.get(id)
  }

  /** @throws {GolangError} `pprof` where there is none */
  indexOf(id: Id): number {
    const index = this.#indices.get(id)
    if (index === undefined) throw new GolangError('pprof', `there is no ${this.#what} with id ${id}`)
    return index
  }
}
