import { EbpfError } from '../error.ts'
import { Epoll } from '../sys/epoll.ts'
import { consumeEventFd, EventFd, signalEventFd } from '../sys/event-fd.ts'

/** A thread in epoll_wait can be neither ended nor exited: it comes up for air this often whatever happens. */
const SLICE_MS_MAX = 200

const WAKE_TOKEN = 0xffff_ffff

/** Looks at the rings between two looks at the clock and the eventfd: about a microsecond. */
const SPIN_LOOKS = 32

/** Waits until one of some rings has something to read, or somebody writes the eventfd. */
export class RingWait {
  readonly #epoll: Epoll
  readonly #owned: DisposableStack
  readonly wakeFd: number

  /**
   * @param fds ring buffer maps or perf events; they stay the caller's
   * @param wakeFd an eventfd that ends a wait, which stays the caller's. Default one of its own
   */
  constructor(fds: readonly number[], wakeFd?: number) {
    using undo = new DisposableStack()
    this.#epoll = undo.use(new Epoll())
    this.wakeFd = wakeFd ?? undo.use(new EventFd()).fd
    this.#epoll.add(this.wakeFd, WAKE_TOKEN)
    for (const fd of fds) this.#epoll.add(fd, 0)
    this.#owned = undo.move()
  }

  interrupt(): void {
    signalEventFd(this.wakeFd)
  }

  /** As `RecordReader.wait`; `readable` tells whether the rings have a complete record. */
  wait(timeoutMs: number, readable: () => boolean, spinMs = 0): boolean {
    if (!(spinMs >= 0 && spinMs <= SLICE_MS_MAX))
      throw new EbpfError('argument', `spin for ${spinMs} ms: 0 to ${SLICE_MS_MAX} are possible`)
    let leftMs = Math.max(0, timeoutMs)
    if (spinMs > 0) {
      const spunMs = Math.min(spinMs, leftMs)
      const outcome = this.#spin(spunMs, readable)
      if (outcome !== undefined) return outcome
      leftMs -= spunMs
    }
    while (!readable()) {
      const sliceMs = Math.min(leftMs, SLICE_MS_MAX)
      const ready = this.#epoll.wait(Math.ceil(sliceMs))
      if (this.#wasWoken(ready)) return false
      leftMs -= sliceMs
      // Ready, but perhaps with a record that is still being written: the caller's next wait sees to it.
      if (ready > 0 || leftMs <= 0) return readable()
    }
    return true
  }

  /** Whether there is something to read, or somebody wrote the eventfd (false); undefined when time is up. */
  #spin(spinMs: number, readable: () => boolean): boolean | undefined {
    const endMs = performance.now() + spinMs
    do {
      for (let i = 0; i < SPIN_LOOKS; i++) if (readable()) return true
      // The rings may be ready and have nothing complete yet: only the eventfd matters here.
      if (this.#wasWoken(this.#epoll.wait(0))) return false
    } while (performance.now() < endMs)
    return undefined
  }

  #wasWoken(ready: number): boolean {
    for (let i = 0; i < ready; i++)
      if (this.#epoll.token(i) === WAKE_TOKEN) {
        consumeEventFd(this.wakeFd)
        return true
      }
    return false
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]()
  }
}
