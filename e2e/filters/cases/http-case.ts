import type { CaseFilter, FilterCase, HttpExchange } from '../filter-case.ts'

/** What a case is besides its script. */
export interface HttpCaseOptions extends Omit<HttpExchange, 'kind'> {
  /** Of the filter. */
  readonly filter?: Omit<CaseFilter, 'script'>
  /** Behind the filter, or aside. */
  readonly others?: readonly CaseFilter[]
  /** How often the same is asked. Default 1. */
  readonly times?: number
  readonly lingerMs?: number
  readonly goesOnUntil?: RegExp
  readonly metrics?: readonly string[]
  readonly guests?: FilterCase['guests']
  readonly endsEnvoy?: string
}

/** A case of one filter and one exchange. */
export function httpCase(name: string, script: string, options: HttpCaseOptions = {}): FilterCase {
  const {
    filter,
    others = [],
    times = 1,
    lingerMs,
    goesOnUntil,
    metrics,
    guests,
    endsEnvoy,
    ...exchange
  } = options
  return {
    name,
    filters: [{ script, ...filter }, ...others],
    exchanges: Array.from({ length: times }, () => ({ kind: 'http', ...exchange })),
    ...(lingerMs === undefined ? {} : { lingerMs }),
    ...(goesOnUntil === undefined ? {} : { goesOnUntil }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(guests === undefined ? {} : { guests }),
    ...(endsEnvoy === undefined ? {} : { endsEnvoy }),
  }
}
