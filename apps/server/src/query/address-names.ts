import type { NamesByAddress, StoredName } from '../store/store.ts'

/** Who wants to know a name, and when. */
export interface NameAsker {
  readonly host?: string
  /** Inode number of the network namespace. */
  readonly netns?: number
  /** Names that came later are not those of that time. Nanoseconds of the Unix epoch. */
  readonly untilNs?: number
}

/**
 * Names of an address, the likeliest first: those that were asked for in the same namespace of the same host, then on
 * the same host, then anywhere; of each, the one that was asked for last. Each name stands once.
 */
export function rankNames(names: readonly StoredName[], asker: NameAsker = {}): readonly string[] {
  const { host, netns, untilNs = Infinity } = asker
  const known = names.filter(({ firstNs }) => firstNs <= untilNs)
  const nearness = (one: StoredName) => (one.host !== host ? 0 : one.netns === netns ? 2 : 1)
  const ranked = (known.length > 0 ? known : names).toSorted(
    (a, b) => nearness(b) - nearness(a) || b.lastNs - a.lastNs || (a.name < b.name ? -1 : 1),
  )
  return [...new Set(ranked.map(({ name }) => name))]
}

/** Names of the addresses on a map, as of a time. */
export class AddressNames {
  static readonly none = new AddressNames(new Map(), 0)
  readonly #names: NamesByAddress
  readonly #untilNs: number
  readonly #ranked = new Map<string, readonly string[]>()

  constructor(names: NamesByAddress, untilNs: number) {
    this.#names = names
    this.#untilNs = untilNs
  }

  /** The likeliest first; empty where none is known. */
  of(address: string): readonly string[] {
    const names = this.#names.get(address)
    if (names === undefined) return []
    let ranked = this.#ranked.get(address)
    if (!ranked) this.#ranked.set(address, (ranked = rankNames(names, { untilNs: this.#untilNs })))
    return ranked
  }
}
