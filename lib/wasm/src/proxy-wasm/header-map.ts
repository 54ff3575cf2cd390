/**
 * Header or trailer fields in the order in which they came, as proxies and their filters see them. Names are lower-case
 * (RFC 9113 8.2), a request has `:method`, `:scheme`, `:authority` and `:path` before its other fields, a response
 * `:status`. Values are bytes, one for each character of the string (Latin-1).
 */
export class HeaderMap {
  /** Of the same length as `values`, and changed only by the methods below. */
  readonly names: string[]
  readonly values: string[]
  /** Name of a field that cannot be written as it is: whoever puts it in says so, and whoever writes it looks. */
  malformed: string | undefined
  /** Bytes of all names and values. */
  #byteLength: number

  /**
   * Empty, or of what somebody has read already: the arrays become the map's, and have pseudo-headers first.
   *
   * @param byteLength of all names and values
   */
  constructor(names: string[] = [], values: string[] = [], byteLength = 0) {
    this.names = names
    this.values = values
    this.#byteLength = byteLength
  }

  /** @param pairs names in lower-case */
  static of(pairs: Iterable<readonly [name: string, value: string]>): HeaderMap {
    const map = new HeaderMap()
    for (const [name, value] of pairs) map.append(name, value)
    return map
  }

  get size(): number {
    return this.names.length
  }

  /** Bytes of all names and values, without what separates them. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** Of the first field with this name. */
  get(name: string): string | undefined {
    const index = this.names.indexOf(name)
    return index === -1 ? undefined : this.values[index]
  }

  has(name: string): boolean {
    return this.names.includes(name)
  }

  /** All with this name, in their order. */
  getAll(name: string): readonly string[] {
    const all: string[] = []
    for (let index = this.names.indexOf(name); index !== -1; index = this.names.indexOf(name, index + 1))
      all.push(this.values[index] ?? '')
    return all
  }

  /** At the end, whatever there is; a pseudo-header behind the last of those. */
  append(name: string, value: string): void {
    this.#byteLength += name.length + value.length
    if (name.charCodeAt(0) === COLON && this.names.length > 0) {
      let index = 0
      while (this.names[index]?.charCodeAt(0) === COLON) index++
      this.names.splice(index, 0, name)
      this.values.splice(index, 0, value)
      return
    }
    this.names.push(name)
    this.values.push(value)
  }

  /** Instead of the first with this name, the others are removed; at the end where there is none. */
  set(name: string, value: string): void {
    const index = this.names.indexOf(name)
    if (index === -1) {
      this.append(name, value)
      return
    }
    this.#byteLength += value.length - (this.values[index]?.length ?? 0)
    this.values[index] = value
    this.#removeFrom(name, index + 1)
  }

  /** Returns how many there were. */
  remove(name: string): number {
    return this.#removeFrom(name, 0)
  }

  clear(): void {
    this.malformed = undefined
    this.names.length = 0
    this.values.length = 0
    this.#byteLength = 0
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    for (let index = 0; index < this.names.length; index++)
      yield [this.names[index] ?? '', this.values[index] ?? '']
  }

  #removeFrom(name: string, start: number): number {
    let count = 0
    for (let index = this.names.indexOf(name, start); index !== -1; index = this.names.indexOf(name, index)) {
      this.#byteLength -= name.length + (this.values[index]?.length ?? 0)
      this.names.splice(index, 1)
      this.values.splice(index, 1)
      count++
    }
    return count
  }
}

const COLON = 0x3a
