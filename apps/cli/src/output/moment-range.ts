import { usageError } from '../cli-error.ts'
import { parseMoment } from './time.ts'

export interface MomentFlags {
  readonly since?: string
  readonly until?: string
}

/** Milliseconds of the Unix epoch; undefined where a flag is not given. */
export interface MomentRange {
  readonly startMs: number | undefined
  readonly endMs: number | undefined
}

/** @throws CliError QDR-C012 where a moment cannot be read, or the range ends before it begins */
export function readRange({ since, until }: MomentFlags, nowMs: number): MomentRange {
  const startMs = since === undefined ? undefined : moment('since', since, nowMs)
  const endMs = until === undefined ? undefined : moment('until', until, nowMs)
  if (startMs !== undefined && endMs !== undefined && startMs >= endMs)
    throw usageError('--since is not before --until')
  return { startMs, endMs }
}

function moment(flag: string, text: string, nowMs: number): number {
  const ms = parseMoment(text, nowMs)
  if (ms === undefined)
    throw usageError(
      `--${flag} \`${text}\`: it is a duration (5m), a time (2026-01-31T12:00:00Z) or seconds of the Unix epoch`,
    )
  return ms
}
