import { usageError } from '../cli-error.ts'
import { readRange, type MomentFlags } from '../output/moment-range.ts'

/** Most flows that a server gives in one answer (ListFlowsRequest.limit). */
export const ROWS_MAX = 1_000_000
/** Rows without any flag that names a time or a count. */
const ROWS_DEFAULT = 20

export interface SpanFlags extends MomentFlags {
  readonly last?: number
  readonly follow?: boolean
}

/** Which rows are wanted: half open, milliseconds of the Unix epoch; the newest `limit` of them. */
export interface Span {
  readonly startMs: number
  /** Undefined: up to now, and on with `follow`. */
  readonly endMs: number | undefined
  readonly limit: number
}

/**
 * @param rowsMax most that a server gives in one answer; of flows by default
 * @throws CliError QDR-C012 where a moment cannot be read or the flags contradict each other
 */
export function span(flags: SpanFlags, nowMs: number, rowsMax = ROWS_MAX): Span {
  if (flags.follow && flags.until !== undefined)
    throw usageError('--follow has no end, so --until cannot go with it')
  const { startMs, endMs } = readRange(flags, nowMs)
  const bounded = startMs !== undefined || endMs !== undefined
  if (flags.follow && !bounded && flags.last === undefined)
    return { startMs: nowMs, endMs: undefined, limit: rowsMax }
  const limit = flags.last ?? (bounded ? rowsMax : ROWS_DEFAULT)
  // Not 0: a range that starts at 0 is the last minute.
  return { startMs: startMs ?? 1, endMs, limit }
}
