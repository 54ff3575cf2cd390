import type { TypedFlagParameter, TypedPositionalParameter } from '@stricli/core'
import type { Context } from '../context.ts'
import { FORMATS, type Format } from '../output/format.ts'
import { parseDuration } from '../output/time.ts'

/** Flags that several commands share, so that they read and mean the same everywhere. */

export const dataFlag: TypedFlagParameter<string | undefined, Context> = {
  kind: 'parsed',
  parse: String,
  brief:
    'Data directory of the server (default: QUADRANT_DATA, /var/lib/quadrant or the XDG state directory)',
  placeholder: 'DIR',
  optional: true,
}

export const outputFlag: TypedFlagParameter<Format, Context> = {
  kind: 'enum',
  values: FORMATS,
  brief: 'Form of the output; json and jsonl are stable (docs/reference)',
  default: 'table',
}

export const documentOutputFlag: TypedFlagParameter<'table' | 'json', Context> = {
  kind: 'enum',
  values: ['table', 'json'],
  brief: 'Form of the output; json is stable (docs/reference)',
  default: 'table',
}

/** For lists that say more where there is room for it. */
export const wideOutputFlag: TypedFlagParameter<'table' | 'wide' | 'json', Context> = {
  kind: 'enum',
  values: ['table', 'wide', 'json'],
  brief: 'Form of the output; wide says all and cuts nothing, json is stable (docs/reference)',
  default: 'table',
}

/** The ends of a range of time; `readRange` reads them. */
export const momentFlags = {
  since: momentFlag('From this moment on: 5m, 1h30m, 2026-01-31T12:00:00Z, or seconds of the Unix epoch'),
  until: momentFlag('Up to this moment'),
} as const

function momentFlag(brief: string): TypedFlagParameter<string | undefined, Context> {
  return { kind: 'parsed', parse: String, brief, placeholder: 'WHEN', optional: true }
}

/** Whose runtime: the one argument of a command. */
export const targetParameter: TypedPositionalParameter<string | undefined, Context> = {
  parse: String,
  brief: 'A service (cart) or a process id (4711); without it all',
  placeholder: 'TARGET',
  optional: true,
  async proposeCompletions(partial) {
    const { proposeTargets } = await import('../completion/propose.ts')
    return proposeTargets(partial, this)
  },
}

/** Seconds of a duration (`10s`, `1m30s`) from `min` to `max` seconds. */
export function durationSeconds(min: number, max: number): (input: string) => number {
  return (input) => {
    const ms = parseDuration(input)
    if (ms === undefined || ms < min * 1000 || ms > max * 1000)
      throw new RangeError(`a duration from ${min}s to ${max}s, e.g. 10s or 1m30s`)
    return ms / 1000
  }
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (input: string) => number {
  return (input) => {
    const value = Number(input)
    if (!/^\d+$/.test(input) || value < min || value > max)
      throw new RangeError(`a whole number from ${min} to ${max}`)
    return value
  }
}

/** A part of a hundred, above 0. */
export function percent(input: string): number {
  const value = Number(input)
  if (!/^\d+(\.\d+)?$/.test(input) || value <= 0 || value > 100)
    throw new RangeError('a percentage above 0, at most 100')
  return value
}

/** The long help of a command: what it does, then commands to copy. */
export function helpText(description: string, examples: readonly (readonly [string, string])[]): string {
  const width = Math.max(...examples.map(([command]) => command.length))
  return [
    description,
    '',
    'EXAMPLES',
    ...examples.map(([command, meaning]) => `  ${command.padEnd(width)}  # ${meaning}`),
  ].join('\n')
}
