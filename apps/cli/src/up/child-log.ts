import type { Paint } from '../output/paint.ts'
import { printable } from '../output/printable.ts'

/** pino's levels. */
const WARN = 40
const ERROR = 50

/** Fields that every line of pino has and a person does not need. */
const PLAIN = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'name', 'v', 'err'])

/**
 * A log line of a child for a terminal: `agent  opened 12 probes  programs=12`. Below warnings only where `verbose`.
 * Undefined: nothing to show.
 */
export function formatChildLog(
  name: string,
  line: string,
  options: { readonly paint: Paint; readonly verbose: boolean },
): string | undefined {
  const record = parse(line)
  const label = options.paint('dim', name.padEnd(7))
  if (!record) return line.trim() === '' ? undefined : `${label}${printable(line)}`
  const level = typeof record['level'] === 'number' ? record['level'] : 30
  if (level < WARN && !options.verbose) return undefined
  const error = record['err']
  const reason =
    typeof error === 'object' && error !== null && 'message' in error ? `: ${String(error.message)}` : ''
  const rest = Object.entries(record)
    .filter(([key]) => !PLAIN.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
  const text = printable(`${typeof record['msg'] === 'string' ? record['msg'] : ''}${reason}`)
  const tinted =
    level >= ERROR ? options.paint('red', text) : level >= WARN ? options.paint('yellow', text) : text
  return `${label}${tinted}${rest === '' ? '' : `  ${options.paint('dim', printable(rest))}`}`
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
