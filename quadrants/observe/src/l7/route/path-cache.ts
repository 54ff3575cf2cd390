import { ownCopy } from './own-copy.ts'

/** A longer path is looked at each time. */
const PATH_LENGTH_MAX = 256

/** Routes by path, of all services together bounded: what is asked for again is there again soon. */
export class PathCache {
  readonly #entriesMax: number
  readonly #maps = new Set<Map<string, string>>()
  #entries = 0

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  /** The routes of one service, for reading. */
  open(): ReadonlyMap<string, string> {
    const map = new Map<string, string>()
    this.#maps.add(map)
    return map
  }

  /** @param map one that `open` gave. */
  keep(map: ReadonlyMap<string, string>, path: string, route: string): void {
    if (path.length > PATH_LENGTH_MAX) return
    if (this.#entries >= this.#entriesMax) this.clear()
    this.#entries++
    ;(map as Map<string, string>).set(ownCopy(path), route)
  }

  clear(): void {
    for (const map of this.#maps) map.clear()
    this.#entries = 0
  }
}
