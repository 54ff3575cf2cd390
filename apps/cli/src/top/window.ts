import { usageError } from '../cli-error.ts'
import { readRange, type MomentFlags } from '../output/moment-range.ts'

export const WINDOW_SECONDS_DEFAULT = 10
/** A server keeps nothing for longer. */
export const WINDOW_SECONDS_MAX = 31 * 86_400

export interface WindowFlags extends MomentFlags {
  /** Seconds. */
  readonly window?: number
}

/** What `top` is about: the last seconds, as they go on, or a stretch of the past. */
export type TopWindow =
  | { readonly kind: 'sliding'; readonly seconds: number }
  /** Milliseconds of the Unix epoch. */
  | { readonly kind: 'range'; readonly startMs: number; readonly endMs: number }

/** @throws CliError QDR-C012 where a moment cannot be read or the flags contradict each other */
export function topWindow(flags: WindowFlags, nowMs: number): TopWindow {
  const { startMs, endMs } = readRange(flags, nowMs)
  const seconds = flags.window ?? WINDOW_SECONDS_DEFAULT
  if (startMs === undefined && endMs === undefined) return { kind: 'sliding', seconds }
  if (startMs !== undefined && flags.window !== undefined)
    throw usageError('--window and --since both say where the range begins', 'give one of them')
  const end = endMs ?? nowMs
  const start = startMs ?? end - seconds * 1000
  if (start >= end) throw usageError('--since is in the future')
  return { kind: 'range', startMs: start, endMs: end }
}

/** `in the last 10 s`, `in that range`. */
export function windowWords(window: TopWindow): string {
  return window.kind === 'sliding' ? `in the last ${window.seconds} s` : 'in that range'
}
