/** Where a guest that was begun early waits with the first thing that others could see, until it is needed. */
export class Gate {
  #isOpen = false
  readonly #opened = Promise.withResolvers<void>()
  readonly #reached = Promise.withResolvers<void>()

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Ends when a guest waits here. */
  get reached(): Promise<void> {
    return this.#reached.promise
  }

  async pass(): Promise<void> {
    this.#reached.resolve()
    await this.#opened.promise
  }

  open(): void {
    this.#isOpen = true
    this.#opened.resolve()
  }
}
