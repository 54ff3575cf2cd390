import { usageError } from '../cli-error.ts'
import { parseMoment } from '../output/time.ts'

/** Most rows that a server gives in one answer (ListFlowsRequest.limit). */
export const ROWS_MAX = 1_000_000
/** Rows without any flag that names a time or a count. */
const ROWS_DEFAULT = 20

export interface SpanFlags {
  readonly since?: string
  readonly until?: string
  readonly last?: number
  readonly follow?: boolean
}

/** Which flows are wanted: half open, milliseconds of the Unix epoch; the newest `limit` of them. */
export interface Span {
  readonly startMs: number
  /** Undefined: up to now, and on with `follow`. */
  readonly endMs: number | undefined
  readonly limit: number
}

/** @throws CliError QDR-C012 where a moment cannot be read or the flags contradict each other */
export function span(flags: SpanFlags, nowMs: number): Span {
  if (flags.follow && flags.until !== undefined)
    throw usageError('--follow has no end, so --until cannot go with it')
  const since = flags.since === undefined ? undefined : moment('since', flags.since, nowMs)
  const until = flags.until === undefined ? undefined : moment('until', flags.until, nowMs)
  if (since !== undefined && until !== undefined && since >= until)
    throw usageError('--since is not before --until')
  const bounded = since !== undefined || until !== undefined
  if (flags.follow && !bounded && flags.last === undefined)
    return { startMs: nowMs, endMs: undefined, limit: 1 }
  const limit = flags.last ?? (bounded ? ROWS_MAX : ROWS_DEFAULT)
  // Not 0: a range that starts at 0 is the last minute.
  return { startMs: since ?? 1, endMs: until, limit }
}

function moment(flag: string, text: string, nowMs: number): number {
  const ms = parseMoment(text, nowMs)
  if (ms === undefined)
    throw usageError(
      `--${flag} \`${text}\`: it is a duration (5m), a time (2026-01-31T12:00:00Z) or seconds of the Unix epoch`,
    )
  return ms
}
