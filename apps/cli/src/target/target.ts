import { formatDiagnostic, parseCoordinate } from '@quadrant/core'
import { usageError } from '../cli-error.ts'

/** Linux's largest (PID_MAX_LIMIT). */
const PID_MAX = 1 << 22
const LENGTH_MAX = 512
const OTHER_KINDS = new Set(['host', 'addr', 'other'])

/**
 * Whose runtime is asked for, as the server takes it: a process id, the name of a service, or the coordinate of
 * either. Nothing is everybody's. @throws CliError QDR-C012 for what is none of these
 */
export function parseTarget(text: string | undefined): string {
  if (text === undefined) return ''
  if (text.trim() === '' || text.length > LENGTH_MAX)
    throw usageError('TARGET is a process id or the name of a service')
  if (/^\d+$/.test(text)) {
    if (Number(text) === 0 || Number(text) > PID_MAX)
      throw usageError(`\`${text}\` is no process id: they go from 1 to ${PID_MAX}`)
    return text
  }
  const kind = text.slice(0, Math.max(text.indexOf(':'), 0))
  if (OTHER_KINDS.has(kind))
    throw usageError(
      `\`${text}\`: only services and processes have a runtime`,
      'name a service (cart, svc:cart) or a process (4711, proc:HOST/PID@START)',
    )
  if (kind !== 'proc' && kind !== 'svc') return text
  const { diagnostics } = parseCoordinate(text)
  if (diagnostics[0]) throw usageError(`TARGET cannot be read\n${formatDiagnostic(diagnostics[0], text)}`)
  return text
}

/** `of cart`, or nothing for everybody. */
export function ofTarget(target: string): string {
  return target === '' ? '' : ` of ${target}`
}
