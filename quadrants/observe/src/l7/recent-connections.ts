const NS_PER_SECOND = 1e9

interface Used<Connection> {
  readonly connection: Connection
  /** When the map was told of its use. */
  touchedNs: number
}

/** Connections by their sockets' cookies, bounded. Their order is that of the last use, to a second: the first makes room. */
export class RecentConnections<Connection> {
  readonly #used = new Map<number, Used<Connection>>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#used.size
  }

  /** Looks one up to use it. @param atNs of the monotonic clock */
  use(cookie: number, atNs: number): Connection | undefined {
    const used = this.#used.get(cookie)
    if (used !== undefined && atNs - used.touchedNs > NS_PER_SECOND) {
      used.touchedNs = atNs
      this.#used.delete(cookie)
      this.#used.set(cookie, used)
    }
    return used?.connection
  }

  /** Adds one that is not there. @param evict is given those that make room for it, while they are still there */
  add(
    cookie: number,
    connection: Connection,
    atNs: number,
    evict: (cookie: number, connection: Connection) => void,
  ): void {
    for (const [oldest, used] of this.#used) {
      if (this.#used.size < this.#max) break
      evict(oldest, used.connection)
      this.#used.delete(oldest)
    }
    this.#used.set(cookie, { connection, touchedNs: atNs })
  }

  delete(cookie: number): void {
    this.#used.delete(cookie)
  }

  /** By their last use, the oldest first; they may be deleted on the way. */
  *entries(): Generator<readonly [cookie: number, connection: Connection, touchedNs: number]> {
    for (const [cookie, { connection, touchedNs }] of this.#used) yield [cookie, connection, touchedNs]
  }
}
