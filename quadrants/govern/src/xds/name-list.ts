import { hash } from 'node:crypto'
import type { FieldReader } from './wire.ts'

/** The names in a request, which are decoded only when somebody needs them. */
export class NameList {
  readonly #bytes: Buffer
  /** Where each is, start and end by turns. */
  readonly #places: number[] = []
  #start = 0
  #end = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get size(): number {
    return this.#places.length / 2
  }

  add({ tagStart, start, end }: FieldReader): void {
    if (this.#places.length === 0) this.#start = tagStart
    this.#places.push(start, end)
    this.#end = end
  }

  /** Where it is the same, so are the names, and their order. */
  digest(): string {
    return hash('sha256', this.#bytes.subarray(this.#start, this.#end), 'base64')
  }

  names(): string[] {
    const names: string[] = []
    for (let index = 0; index < this.#places.length; index += 2)
      names.push(this.#bytes.toString('utf8', this.#places[index], this.#places[index + 1]))
    return names
  }
}
