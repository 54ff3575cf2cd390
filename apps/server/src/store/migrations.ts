import { FILTER_TABLES } from './filter-tables.ts'
import { NAME_TABLES } from './host-names.ts'
import { REQUEST_TABLES } from './request-tables.ts'
import { RUNTIME_TABLES } from './runtime-schema.ts'

/**
 * What makes a store of each version one of the next. A table that changes again keeps its older text here: a
 * migration must make what that version had.
 */
export const MIGRATIONS: Readonly<Record<number, string>> = {
  1: RUNTIME_TABLES,
  2: NAME_TABLES,
  3: REQUEST_TABLES,
  4: FILTER_TABLES,
}
