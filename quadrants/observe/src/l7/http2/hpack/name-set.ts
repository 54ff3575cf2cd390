/** Names of header fields that somebody asks for, found by their bytes without making a string. */
export class NameSet {
  readonly names: readonly string[]
  /** By length: the names of it, as bytes and as place in `names`. */
  readonly #byLength: { readonly bytes: Uint8Array; readonly place: number }[][] = []

  /** Names are lower case, as HTTP/2 has them. */
  constructor(names: Iterable<string>) {
    this.names = [...new Set(names)]
    for (const [place, name] of this.names.entries()) {
      const bytes = Buffer.from(name, 'latin1')
      while (this.#byLength.length <= bytes.length) this.#byLength.push([])
      this.#byLength[bytes.length]!.push({ bytes, place })
    }
  }

  /** Place of these bytes in `names`; -1: nobody asks for them. */
  find(bytes: Uint8Array, start: number, length: number): number {
    const candidates = length < this.#byLength.length ? this.#byLength[length]! : undefined
    if (candidates === undefined) return -1
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i]!
      let at = 0
      // Names of one length mostly differ at their end: `:method`, `:status`.
      while (at < length && bytes[start + length - 1 - at] === candidate.bytes[length - 1 - at]) at++
      if (at === length) return candidate.place
    }
    return -1
  }
}
