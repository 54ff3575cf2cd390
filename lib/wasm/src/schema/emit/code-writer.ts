/** Lines of code, indented by the blocks that are open. */
export class CodeWriter {
  readonly #lines: string[] = []
  readonly #indent: string
  #depth = 0

  constructor(indent: string) {
    this.#indent = indent
  }

  line(text = ''): void {
    this.#lines.push(text === '' ? '' : this.#indent.repeat(this.#depth) + text)
  }

  /** `head {`, what the body writes, and `}`; where there is another body, `} else {` and that. */
  block(head: string, body: () => void, otherwise?: () => void): void {
    this.line(`${head} {`)
    this.#indented(body)
    if (otherwise !== undefined) {
      this.line('} else {')
      this.#indented(otherwise)
    }
    this.line('}')
  }

  #indented(body: () => void): void {
    this.#depth++
    body()
    this.#depth--
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`
  }
}
