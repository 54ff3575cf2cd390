import { Epoll } from '../sys/epoll.ts'
import { EventFd } from '../sys/event-fd.ts'

/** A thread in epoll_wait can be neither ended nor exited: it comes up for air this often whatever happens. */
const SLICE_MS_MAX = 200

const WAKE_TOKEN = 0xffff_ffff

/** Waits until one of some rings has something to read, or somebody writes the eventfd. */
export class RingWait {
  readonly #epoll = new Epoll()
  readonly #wake = new EventFd()

  /** @param fds ring buffer maps or perf events; they stay the caller's */
  constructor(fds: readonly number[]) {
    this.#epoll.add(this.#wake.fd, WAKE_TOKEN)
    for (const fd of fds) this.#epoll.add(fd, 0)
  }

  get wakeFd(): number {
    return this.#wake.fd
  }

  interrupt(): void {
    this.#wake.signal()
  }

  /** As `RecordReader.wait`; `readable` tells whether the rings have a complete record. */
  wait(timeoutMs: number, readable: () => boolean): boolean {
    let leftMs = Math.max(0, timeoutMs)
    while (!readable()) {
      const sliceMs = Math.min(leftMs, SLICE_MS_MAX)
      const ready = this.#epoll.wait(Math.ceil(sliceMs))
      for (let i = 0; i < ready; i++) {
        if (this.#epoll.token(i) !== WAKE_TOKEN) continue
        this.#wake.consume()
        return false
      }
      leftMs -= sliceMs
      // Ready, but perhaps with a record that is still being written: the caller's next wait sees to it.
      if (ready > 0 || leftMs <= 0) return readable()
    }
    return true
  }

  [Symbol.dispose](): void {
    this.#epoll[Symbol.dispose]()
    this.#wake[Symbol.dispose]()
  }
}
