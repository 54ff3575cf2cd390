import type { Context } from '../context.ts'

const CLEAR_LINE = '\r\x1b[K'

/** One line on stderr that is rewritten while something takes its time; only on a terminal. It is gone in the end. */
export class Progress implements Disposable {
  readonly #context: Context
  #isShown = false

  constructor(context: Context) {
    this.#context = context
  }

  show(text: string): void {
    if (!this.#context.stderr.isTTY) return
    this.#isShown = true
    this.#context.stderr.write(`${CLEAR_LINE}${text}`)
  }

  [Symbol.dispose](): void {
    if (this.#isShown) this.#context.stderr.write(CLEAR_LINE)
    this.#isShown = false
  }
}
