import { FLOW_FIELDS, parseFieldQuery } from '@quadrant/core'
import { formatDurationSeconds, isoSeconds, type TimeSelection } from './time-range.ts'
import type { ViewState } from './view-state.ts'

/** The command that gives the same rows as this view. */
export function commandTwin(view: ViewState): string {
  switch (view.page) {
    case 'doctor':
      return 'quadrant doctor'
    case 'flows':
      return [
        'quadrant observe',
        ...queryFlags(view.query),
        ...timeFlags(view.time),
        view.time.kind === 'live' ? '-f' : '',
      ]
        .filter(Boolean)
        .join(' ')
    case 'map':
      return [
        'quadrant top',
        view.level === 'service' ? '' : `--level ${view.level}`,
        ...queryFlags(view.query),
        ...timeFlags(view.time),
      ]
        .filter(Boolean)
        .join(' ')
  }
}

/** `from:shop -to:db` as `--from shop --not --to db`; bare words stand as they are. */
function queryFlags(query: string): string[] {
  // Terms of either page: what the other command does not know, it says itself.
  const anyField = { ...FLOW_FIELDS, bytes: '', opened: '', failed: '' }
  return parseFieldQuery(query, anyField).value.terms.map(({ key, negated, values }) => {
    const value = shellQuote(values.join(','))
    return `${negated ? '--not ' : ''}${key === undefined ? value : `--${key} ${value}`}`
  })
}

function timeFlags(time: TimeSelection): string[] {
  if (time.kind === 'live') return [`--since ${formatDurationSeconds(time.windowSeconds)}`]
  return [`--since ${isoSeconds(time.startMs)}`, `--until ${isoSeconds(time.endMs)}`]
}

/** Quotes for POSIX shells where the word holds anything they would read. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
