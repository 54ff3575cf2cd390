import { cookieOf, type SocketColumns } from './socket-columns.ts'

/** The peers of each UDP socket, chained by its cookie. */
export class PeerChains {
  readonly #columns: SocketColumns
  /** First peer slot by cookie. */
  readonly #first = new Map<number, number>()

  constructor(columns: SocketColumns) {
    this.#columns = columns
  }

  /** The first slot of a socket's peers, or -1; {@link SocketColumns.cookieNext} leads to the others. */
  firstOf(cookie: number): number {
    return this.#first.get(cookie) ?? -1
  }

  add(slot: number, cookie: number): void {
    const { cookieNext, cookiePrevious } = this.#columns
    const first = this.firstOf(cookie)
    cookieNext[slot] = first
    cookiePrevious[slot] = -1
    if (first !== -1) cookiePrevious[first] = slot
    this.#first.set(cookie, slot)
  }

  remove(slot: number): void {
    const { cookieNext, cookiePrevious } = this.#columns
    const next = cookieNext[slot]!
    const previous = cookiePrevious[slot]!
    if (next !== -1) cookiePrevious[next] = previous
    if (previous !== -1) {
      cookieNext[previous] = next
      return
    }
    const cookie = cookieOf(this.#columns, slot)
    if (next === -1) this.#first.delete(cookie)
    else this.#first.set(cookie, next)
  }
}
