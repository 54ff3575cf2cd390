import { ExtendError } from '../../error.ts'
import type { AccessLogFields, AccessLogFormat } from '../config/output-spec.ts'
import type { AccessLogFormatter } from './access-log-formatter.ts'
import { type FormatPart, parseFormat } from './format-parser.ts'
import type { LogEntry } from './log-entry.ts'
import { decodedBytes, escapeText, jsonText } from './log-escape.ts'

/** Of mappings in mappings. */
const DEPTH_MAX = 16

/**
 * Makes a format once into what writes lines by it.
 *
 * @throws {ExtendError} `argument`, where the format is none; `findGatewayProblems` says so before.
 */
export function compileAccessLog(format: AccessLogFormat): AccessLogFormatter {
  if (format.kind === 'json') {
    const write = jsonObject(format.fields, 0)
    return (entry) => `${write(entry)}\n`
  }
  const parts = partsOf(format.text.replace(/\n$/, ''))
  return (entry) => {
    let line = ''
    for (const part of parts) line += typeof part === 'string' ? part : textOf(part(entry))
    return `${line}\n`
  }
}

function textOf(value: string | number | undefined): string {
  if (value === undefined || value === '') return '-'
  return typeof value === 'number' ? String(value) : escapeText(value)
}

function partsOf(text: string): readonly FormatPart[] {
  const { parts, problems } = parseFormat(text, { isMasked: true })
  const problem = problems.find(({ isWarning }) => !isWarning)
  if (problem) throw new ExtendError('argument', `the format of an access log: ${problem.message}`)
  return parts
}

function jsonObject(fields: AccessLogFields, depth: number): (entry: LogEntry) => string {
  if (depth > DEPTH_MAX) throw new ExtendError('too-large', `an access log of more than ${DEPTH_MAX} levels`)
  const members = Object.entries(fields).map(([name, value], index) => ({
    head: `${index === 0 ? '' : ','}${JSON.stringify(name)}:`,
    write: typeof value === 'string' ? jsonValue(value) : jsonObject(value, depth + 1),
  }))
  return (entry) => {
    let text = '{'
    for (const { head, write } of members) text += head + write(entry)
    return `${text}}`
  }
}

/** One operator alone keeps its type, and is null where it has nothing to say; anything else is a text. */
function jsonValue(format: string): (entry: LogEntry) => string {
  const parts = partsOf(format)
  const [single] = parts
  if (parts.length === 1 && typeof single === 'function')
    return (entry) => {
      const value = single(entry)
      if (value === undefined) return 'null'
      return typeof value === 'number' ? String(value) : jsonText(decodedBytes(value))
    }
  return (entry) => {
    let text = ''
    for (const part of parts)
      text += typeof part === 'string' ? part : decodedBytes(String(part(entry) ?? '-'))
    return jsonText(text)
  }
}
