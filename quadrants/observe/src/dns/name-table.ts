import type { HostName } from '@quadrant/proto'
import type { DnsAnswer } from './dns-message.ts'

/** A name is told again when it was answered again and so long after it was told last. */
const RETOLD_AFTER_NS = 60e9
/** Names of one batch; those over it come with the next. */
const TOLD_MAX = 2000

interface Entry {
  readonly key: string
  readonly netns: number
  readonly address: Uint8Array
  readonly name: string
  aliases: readonly string[]
  /** Nanoseconds of the Unix epoch. */
  timeNs: number
  ttlS: number
  /** 0 until it is told. */
  toldNs: number
}

/** The names by which addresses were asked for, each with its namespace. What was not asked for the longest goes first. */
export class NameTable {
  readonly limit: number
  /** By namespace, address and name; the oldest first. */
  readonly #entries = new Map<string, Entry>()
  /** To be told, in the order in which they came. */
  readonly #news = new Set<Entry>()
  #evicted = 0
  #untold = 0

  /** @param limit most names at once */
  constructor(limit: number) {
    this.limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  /** Names that went to make room, so far. */
  get evictedCount(): number {
    return this.#evicted
  }

  /** Of these, the ones that nobody was told of. */
  get untoldCount(): number {
    return this.#untold
  }

  /** @param timeNs when it came, nanoseconds of the Unix epoch */
  add(netns: number, { name, aliases, addresses, ttlS }: DnsAnswer, timeNs: number): void {
    for (const address of addresses) {
      const key = `${netns}/${address.join('.')}/${name}`
      let entry = this.#entries.get(key)
      if (entry === undefined) entry = { key, netns, address, name, aliases, timeNs, ttlS, toldNs: 0 }
      else this.#entries.delete(key)
      entry.aliases = aliases
      entry.timeNs = timeNs
      entry.ttlS = ttlS
      this.#entries.set(key, entry)
      if (timeNs - entry.toldNs >= RETOLD_AFTER_NS) this.#news.add(entry)
    }
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= this.limit) break
      this.#entries.delete(key)
      this.#evicted++
      if (this.#news.delete(entry)) this.#untold++
    }
  }

  /** What is to be told, once. */
  takeNews(): HostName[] {
    const told: HostName[] = []
    for (const entry of this.#news) {
      if (told.length === TOLD_MAX) break
      this.#news.delete(entry)
      entry.toldNs = entry.timeNs
      told.push({
        $typeName: 'quadrant.v1.HostName',
        address: entry.address,
        name: entry.name,
        timeNs: entry.timeNs,
        ttlS: entry.ttlS,
        netns: entry.netns,
        aliases: [...entry.aliases],
      })
    }
    return told
  }

  /** All of it is news again, for a server that does not know us. */
  tellAgain(): void {
    for (const entry of this.#entries.values()) this.#news.add(entry)
  }
}
