import { formatAddress } from '@quadrant/core'
import type { HostName } from '@quadrant/proto'
import type { Statements } from './statements.ts'
import type { NamesByAddress, StoredName } from './store.ts'

export const NAME_TABLES = `
CREATE TABLE host_names (
  address TEXT NOT NULL,
  host TEXT NOT NULL,
  netns INTEGER NOT NULL,
  name TEXT NOT NULL,
  aliases TEXT NOT NULL, -- separated by blanks, which no name has
  first_ns REAL NOT NULL,
  last_ns REAL NOT NULL,
  ttl_s REAL NOT NULL,
  PRIMARY KEY (address, host, netns, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX host_names_time ON host_names (last_ns);`

/** Names of one address that are read, the newest. */
const NAMES_PER_ADDRESS = 20
const CACHED_ADDRESSES_MAX = 50_000

/** Names by which addresses were asked for, in the SQLite store. */
export class HostNames {
  readonly #statements: Statements
  /** What was read, also that there is none: rows of flows ask for each address. */
  readonly #cache = new Map<string, readonly StoredName[]>()

  constructor(statements: Statements) {
    this.#statements = statements
  }

  write(host: string, names: readonly HostName[]): void {
    const statement = this.#statements.prepare(
      `INSERT INTO host_names VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         aliases = CASE WHEN excluded.last_ns >= last_ns THEN excluded.aliases ELSE aliases END,
         ttl_s = CASE WHEN excluded.last_ns >= last_ns THEN excluded.ttl_s ELSE ttl_s END,
         first_ns = MIN(first_ns, excluded.first_ns), last_ns = MAX(last_ns, excluded.last_ns)`,
    )
    for (const { address, netns, name, aliases, timeNs, ttlS } of names) {
      const text = formatAddress(address)
      statement.run(text, host, netns, name, aliases.join(' '), timeNs, timeNs, ttlS)
      this.#cache.delete(text)
    }
  }

  of(addresses: Iterable<string>): NamesByAddress {
    const found = new Map<string, readonly StoredName[]>()
    for (const address of addresses) {
      const names = this.named(address)
      if (names.length > 0) found.set(address, names)
    }
    return found
  }

  /** The one that was asked for last first. */
  named(address: string): readonly StoredName[] {
    let names = this.#cache.get(address)
    if (names !== undefined) return names
    names = this.#read(address)
    if (this.#cache.size >= CACHED_ADDRESSES_MAX) this.#cache.clear()
    this.#cache.set(address, names)
    return names
  }

  /** To be called after a transaction was rolled back. */
  load(): void {
    this.#cache.clear()
  }

  /** Removes those that were told last before `cutNs`. */
  removeBefore(cutNs: number): number {
    return this.#removed(
      this.#statements.prepare('DELETE FROM host_names WHERE last_ns < ?').run(cutNs).changes,
    )
  }

  /** Removes the oldest over the limit, and a tenth of it more. */
  shrinkTo(limit: number): number {
    const count = Number(this.#statements.prepare('SELECT COUNT(*) AS n FROM host_names').get()!['n'])
    if (count <= limit) return 0
    return this.#removed(
      this.#statements
        .prepare(
          `DELETE FROM host_names WHERE (address, host, netns, name) IN (
             SELECT address, host, netns, name FROM host_names ORDER BY last_ns LIMIT ?)`,
        )
        .run(count - limit + Math.ceil(limit / 10)).changes,
    )
  }

  #removed(changes: number | bigint): number {
    if (changes > 0) this.#cache.clear()
    return Number(changes)
  }

  #read(address: string): readonly StoredName[] {
    return this.#statements
      .prepare('SELECT * FROM host_names WHERE address = ? ORDER BY last_ns DESC, name LIMIT ?')
      .all(address, NAMES_PER_ADDRESS)
      .map((row) => ({
        host: row['host'] as string,
        netns: row['netns'] as number,
        name: row['name'] as string,
        aliases: (row['aliases'] as string).split(' ').filter((alias) => alias !== ''),
        firstNs: row['first_ns'] as number,
        lastNs: row['last_ns'] as number,
        ttlS: row['ttl_s'] as number,
      }))
  }
}
