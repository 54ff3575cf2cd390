import { ScalarType, type DescMessage, type MessageShape } from '@bufbuild/protobuf'
import type { SqlRow } from './rollup-sql.ts'
import type { Statements } from './statements.ts'

/**
 * Fields of a message as columns of a table. Named one by one and not read from the message: a field that the message
 * gets later is no column before a migration adds it.
 */
export class MessageColumns<Desc extends DescMessage> {
  readonly #typeName: string
  readonly #columns: readonly string[]
  readonly #fields: readonly string[]
  readonly #isBool: readonly boolean[]
  /** Columns of a CREATE TABLE. */
  readonly sql: string

  /** @param columns names of the fields, as in the .proto file */
  constructor(schema: Desc, columns: readonly string[]) {
    const fields = columns.map((column) => {
      const field = schema.fields.find(({ name }) => name === column)
      if (!field) throw new TypeError(`${schema.typeName} has no ${column}`)
      return field
    })
    this.#typeName = schema.typeName
    this.#columns = columns
    this.#fields = fields.map(({ localName }) => localName)
    this.#isBool = fields.map(({ scalar }) => scalar === ScalarType.BOOL)
    this.sql = fields.map(({ name, scalar }) => `${name} ${sqlType(scalar)} NOT NULL`).join(',\n  ')
  }

  /** For a SELECT. */
  get list(): string {
    return this.#columns.join(', ')
  }

  /** Placeholders for an INSERT of them. */
  get marks(): string {
    return this.#columns.map(() => '?').join(', ')
  }

  /** What an upsert sets: each to what would have been inserted. */
  get excluded(): string {
    return this.#columns.map((column) => `${column} = excluded.${column}`).join(', ')
  }

  /** Writes a message after what is bound already. */
  bind(parameters: (number | string)[], at: number, message: MessageShape<Desc>): void {
    const values = message as unknown as Record<string, number | string | boolean>
    for (const field of this.#fields) {
      const value = values[field]!
      parameters[at++] = typeof value === 'boolean' ? Number(value) : value
    }
  }

  /** Reads a message whose first column is at `at`; `process` is the index it gets. */
  read(row: SqlRow, at: number, process: number): MessageShape<Desc> {
    const message: Record<string, unknown> = { $typeName: this.#typeName, process }
    for (let i = 0; i < this.#fields.length; i++) {
      const value = row[at + i]
      message[this.#fields[i]!] = this.#isBool[i] ? value === 1 : value
    }
    return message as unknown as MessageShape<Desc>
  }

  /** Rows of a query as arrays. */
  static rows(
    statements: Statements,
    sql: string,
    parameters: ReadonlyArray<number | string>,
  ): readonly SqlRow[] {
    return statements.prepare(sql, true).all(...parameters) as unknown as SqlRow[]
  }
}

function sqlType(scalar: ScalarType | undefined): string {
  if (scalar === ScalarType.DOUBLE) return 'REAL'
  // Enumerations have no scalar.
  return scalar === ScalarType.STRING ? 'TEXT' : 'INTEGER'
}
