/** Gives each text one number, in the order in which they come; the empty one is 0, as the format has it. */
export class StringTable {
  readonly #numbers = new Map<string, number>([['', 0]])

  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#numbers.size
    this.#numbers.set(text, number)
    return number
  }

  texts(): Iterable<string> {
    return this.#numbers.keys()
  }
}
