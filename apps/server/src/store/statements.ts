import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Statements by their text, each prepared once. Texts are made of constants and tiers, so there are few. */
export class Statements {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** @param asArrays rows come as arrays, which are cheaper where there are many */
  prepare(sql: string, asArrays = false): StatementSync {
    let statement = this.#prepared.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      statement.setReturnArrays(asArrays)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}
