import { FLOW_FIELDS, type FieldTerm, parseFieldQuery } from '@quadrant/core'
import { formatDurationSeconds, type Interval, isoSeconds, type TimeSelection } from './time-range.ts'
import type { ViewState } from './view-state.ts'

/** The command that gives the same rows as this view. */
export function commandTwin(view: ViewState): string {
  switch (view.page) {
    case 'doctor':
      return 'quadrant doctor'
    case 'flows':
      return observe(parseFieldQuery(view.query, FLOW_FIELDS).value.terms, view.time)
    case 'map':
      return top(view)
  }
}

function top({ level, query, time }: ViewState): string {
  return join([
    'quadrant top',
    level === 'service' ? '' : `--level ${level}`,
    ...(time.kind === 'live' ? [`--window ${time.windowSeconds}`] : rangeFlags(time)),
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
  return rangeFlags(time)
}

function rangeFlags({ startMs, endMs }: Interval): string[] {
  return [`--since ${isoSeconds(startMs)}`, `--until ${isoSeconds(endMs)}`]
}

function join(parts: readonly string[]): string {
  return parts.filter(Boolean).join(' ')
}

/** Quotes for POSIX shells where the word holds anything they would read. */
function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
