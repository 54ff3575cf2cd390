/** One waiter, told that there is something to do. Telling before it waits is remembered, once. */
export class WakeUp {
  #resolve: (() => void) | undefined
  #isPending = false

  notify(): void {
    if (this.#resolve) {
      this.#resolve()
      this.#resolve = undefined
    } else this.#isPending = true
  }

  async wait(): Promise<void> {
    if (this.#isPending) {
      this.#isPending = false
      return
    }
    await new Promise<void>((resolve) => {
      this.#resolve = resolve
    })
  }
}
