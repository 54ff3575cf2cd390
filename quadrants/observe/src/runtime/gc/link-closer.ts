import { EbpfError } from '@quadrant/ebpf'

/**
 * Detaches one probe after the other in threads of Node's pool: each takes the kernel tens of milliseconds, for which
 * the main thread does not wait, and of the few threads of the pool all but one stay free.
 */
export class LinkCloser {
  #last: Promise<void> = Promise.resolve()
  readonly #waiting = new Set<Waiting>()

  /** @param after called once nothing is attached any more */
  close(link: Disposable & AsyncDisposable, after: () => void): void {
    const waiting = { link, after }
    this.#waiting.add(waiting)
    this.#last = this.#last.then(() => this.#closeNow(waiting))
  }

  /** Detaches at once what still waits. What is being detached in another thread goes on. */
  flush(): void {
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting)
      waiting.link[Symbol.dispose]()
      waiting.after()
    }
  }

  /** Detaches all that waits, several at a time: the kernel waits once for all of them. */
  async flushAsync(): Promise<void> {
    await Promise.all([...this.#waiting].map((waiting) => this.#closeNow(waiting)))
    await this.#last
  }

  async #closeNow(waiting: Waiting): Promise<void> {
    if (!this.#waiting.delete(waiting)) return
    try {
      await waiting.link[Symbol.asyncDispose]()
    } catch (error) {
      // Whatever close(2) says, the descriptor is given back.
      if (!(error instanceof EbpfError)) throw error
    }
    waiting.after()
  }
}

interface Waiting {
  readonly link: Disposable & AsyncDisposable
  readonly after: () => void
}
