import { parseFieldQuery, type FieldSpec } from '@quadrant/core'

/** What means the same of a connection and of a request. */
const SHARED: ReadonlySet<string> = new Set(['from', 'to', 'svc', 'port', 'ip', 'pid', 'host'])

/** The terms of a filter that hold for other rows too, as they were typed. The others would match nothing, or be refused. */
export function carriedQuery(query: string, fields: FieldSpec): string {
  return parseFieldQuery(query, fields)
    .value.terms.filter(({ key }) => key === undefined || SHARED.has(key))
    .map(({ range }) => query.slice(range.start, range.end))
    .join(' ')
}
