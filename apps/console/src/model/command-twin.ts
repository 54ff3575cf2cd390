import { FLOW_FIELDS, type FieldTerm, MAP_FIELDS, parseFieldQuery } from '@quadrant/core'
import { formatDurationSeconds, isoSeconds, type TimeSelection } from './time-range.ts'
import type { ViewState } from './view-state.ts'

/** `quadrant top` averages over at most an hour. */
const TOP_WINDOW_SECONDS_MAX = 3600

/** The command that gives the same rows as this view. */
export function commandTwin(view: ViewState): string {
  switch (view.page) {
    case 'doctor':
      return 'quadrant doctor'
    case 'flows':
      return observe(parseFieldQuery(view.query, FLOW_FIELDS).value.terms, view.time)
    case 'map':
      // `top` knows no past: a map of the past is nearest to the flows that it is made of.
      return view.time.kind === 'live'
        ? top(view, view.time.windowSeconds)
        : observe(flowTerms(view.query), view.time)
  }
}

function top({ level, query }: ViewState, windowSeconds: number): string {
  return join([
    'quadrant top',
    level === 'service' ? '' : `--level ${level}`,
    `--window ${Math.min(windowSeconds, TOP_WINDOW_SECONDS_MAX)}`,
    query === '' ? '' : `-q ${shellQuote(query)}`,
  ])
}

function observe(terms: readonly FieldTerm[], time: TimeSelection): string {
  return join(['quadrant observe', ...filterFlags(terms), ...timeFlags(time)])
}

/** `from:shop -to:db` as `--from shop --not --to db`; bare words have no flag, and then the whole is one text. */
function filterFlags(terms: readonly FieldTerm[]): string[] {
  const flag = ({ key, negated, values }: FieldTerm) =>
    `${negated ? '--not ' : ''}--${key} ${shellQuote(values.join(','))}`
  if (terms.every(({ key }) => key !== undefined)) return terms.map(flag)
  const text = terms.map(({ key, negated, values }) => {
    const value = values.join(',')
    return `${negated ? 'not:' : ''}${key === undefined ? '' : `${key}:`}${/\s/.test(value) ? `"${value}"` : value}`
  })
  return [`-q ${shellQuote(text.join(' '))}`]
}

function timeFlags(time: TimeSelection): string[] {
  if (time.kind === 'live') return [`--since ${formatDurationSeconds(time.windowSeconds)}`, '-f']
  return [`--since ${isoSeconds(time.startMs)}`, `--until ${isoSeconds(time.endMs)}`]
}

const FLOW_STATUS: Readonly<Record<string, string>> = { failures: 'failed', resets: 'reset', ok: 'ok' }

/** Terms about edges as terms about their flows; sums over an edge say nothing about one flow and are left out. */
function flowTerms(query: string): readonly FieldTerm[] {
  return parseFieldQuery(query, MAP_FIELDS).value.terms.flatMap((term): readonly FieldTerm[] => {
    if (term.key !== undefined && !Object.hasOwn(FLOW_FIELDS, term.key)) return []
    if (term.key !== 'status') return [term]
    const values = term.values.flatMap((value) => FLOW_STATUS[value] ?? [])
    return values.length > 0 ? [{ ...term, values }] : []
  })
}

function join(parts: readonly string[]): string {
  return parts.filter(Boolean).join(' ')
}

/** Quotes for POSIX shells where the word holds anything they would read. */
function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
