import { type Diagnostic, formatDiagnostic } from '@quadrant/core'
import type { Context } from '../context.ts'
import { printable } from './printable.ts'

const COLOURS = { error: 'red', warning: 'yellow', info: 'dim' } as const

/** A finding in a file, with its line. The file is foreign text: whatever steers a terminal is not printed. */
export function diagnosticText(diagnostic: Diagnostic, source: string, { paint }: Context): string {
  // A tab is one column of the marks below a line.
  const lines = formatDiagnostic(diagnostic, source.replaceAll('\t', ' ')).split('\n')
  const [head, ...rest] = lines.map(printable)
  return [paint(COLOURS[diagnostic.severity], head!), ...rest].join('\n')
}
