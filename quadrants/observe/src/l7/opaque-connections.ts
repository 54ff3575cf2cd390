import type { OpaqueSeries } from './request-source.ts'

/** Where connections of TLS are counted: the same for packets, and for what is read within a program. */
export type TlsPlace = Pick<OpaqueSeries, 'cgroupId' | 'side' | 'serverPort' | 'serverAddress'>

/** Connections wait so many ticks for word that they are read, where TLS is read at all … */
const HELD_TICKS = 2
/** … and word that one is read for so many, for its packet. */
const COVERED_TICKS = 4

interface Held {
  readonly row: OpaqueSeries
  readonly sinceTick: number
  left: number
}

interface Covered {
  readonly sinceTick: number
  left: number
}

/**
 * What is told of connections whose packets are encrypted. Of each kind packets tell how many there were so far; what is
 * read within a program is taken off, whatever server name it asked for, so that a connection is told as opaque or read,
 * and never as both.
 */
export class OpaqueConnections {
  /** Connections that were taken of each series. */
  readonly #taken = new Map<string, number>()
  #held: Held[] = []
  #covered = new Map<string, Covered[]>()
  #tick = 0

  /** These connections are read. */
  cover(places: Iterable<TlsPlace>): void {
    for (const place of places) {
      const key = keyOf(place)
      const last = this.#covered.get(key)?.at(-1)
      if (last?.sinceTick === this.#tick) last.left++
      else this.#covered.set(key, [...(this.#covered.get(key) ?? []), { sinceTick: this.#tick, left: 1 }])
    }
  }

  /**
   * Ends a tick: what is to be told, each with the connections since.
   *
   * @param rows cumulative @param isReading whether TLS is read: else nothing has to wait for it
   */
  take(rows: readonly OpaqueSeries[], isReading: boolean): readonly OpaqueSeries[] {
    for (const row of rows) {
      const { count, ...place } = row
      const key = JSON.stringify(place)
      const since = count - (this.#taken.get(key) ?? 0)
      if (since === 0) continue
      this.#taken.set(key, count)
      this.#held.push({ row, sinceTick: this.#tick, left: since })
    }
    const told: OpaqueSeries[] = []
    this.#held = this.#held.filter((held) => {
      held.left -= this.#takeCovered(held)
      const isDue = held.left > 0 && (!isReading || this.#tick - held.sinceTick >= HELD_TICKS)
      if (isDue) told.push({ ...held.row, count: held.left })
      return held.left > 0 && !isDue
    })
    this.#forget()
    this.#tick++
    return told
  }

  /** The source is gone, and its counts with it. */
  clear(): void {
    this.#taken.clear()
    this.#held = []
    this.#covered.clear()
  }

  #takeCovered({ row, left }: Held): number {
    let taken = 0
    for (const covered of this.#covered.get(keyOf(row)) ?? []) {
      const count = Math.min(covered.left, left - taken)
      covered.left -= count
      taken += count
    }
    return taken
  }

  #forget(): void {
    for (const [key, all] of this.#covered) {
      const left = all.filter((covered) => covered.left > 0 && this.#tick - covered.sinceTick < COVERED_TICKS)
      if (left.length === 0) this.#covered.delete(key)
      else this.#covered.set(key, left)
    }
  }
}

function keyOf({ cgroupId, side, serverPort, serverAddress }: TlsPlace): string {
  return `${cgroupId} ${side} ${serverPort} ${serverAddress}`
}
