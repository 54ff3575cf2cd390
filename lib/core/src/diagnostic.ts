/** A position in a text: offsets in UTF-16 code units, half open. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

export type Severity = 'error' | 'warning' | 'info'

/** One finding of an analysis. `code` is stable and documented; the message is for people. */
export interface Diagnostic {
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly file?: string
  readonly range?: TextRange
  /** What the person can do about it: a command or a replacement. */
  readonly fix?: string
}

/** What every analysis returns: it never throws on bad input. */
export interface Analysis<T> {
  readonly value: T
  readonly diagnostics: readonly Diagnostic[]
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}

/**
 * The diagnostic with its source line and a caret below the range:
 *
 *     error[QRY001] 1:6 unknown field `form`
 *       form:shop
 *       ^^^^
 *     fix: from:shop
 */
export function formatDiagnostic(diagnostic: Diagnostic, source?: string): string {
  const lines: string[] = []
  const place =
    source !== undefined && diagnostic.range ? lineAndColumn(source, diagnostic.range.start) : undefined
  const where = [diagnostic.file, place && `${place.line}:${place.column}`].filter(Boolean).join(':')
  lines.push(`${diagnostic.severity}[${diagnostic.code}] ${where ? `${where} ` : ''}${diagnostic.message}`)
  if (source !== undefined && diagnostic.range && place) {
    const { start, end } = diagnostic.range
    const width = Math.max(1, Math.min(end, place.lineEnd) - start)
    lines.push(`  ${source.slice(place.lineStart, place.lineEnd)}`)
    lines.push(`  ${' '.repeat(start - place.lineStart)}${'^'.repeat(width)}`)
  }
  if (diagnostic.fix) lines.push(`fix: ${diagnostic.fix}`)
  return lines.join('\n')
}

function lineAndColumn(source: string, offset: number) {
  const at = Math.min(Math.max(offset, 0), source.length)
  const lineStart = source.lastIndexOf('\n', at - 1) + 1
  const newline = source.indexOf('\n', at)
  const lineEnd = newline === -1 ? source.length : newline
  let line = 1
  for (let i = 0; i < lineStart; i++) if (source.charCodeAt(i) === 10) line++
  return { line, column: at - lineStart + 1, lineStart, lineEnd }
}
