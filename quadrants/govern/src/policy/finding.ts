import type { Diagnostic } from '@quadrant/core'
import { POLICY_CODES } from './codes.ts'
import type { DocumentProblem } from './document/document.ts'

/** A place as people count: lines and columns from 1, the end not included. */
export interface Location {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** A diagnostic with its place. */
export interface Finding extends Omit<Diagnostic, 'file'>, Location {}

/** Lines of a file, found once for all that is said of it. */
export class LineIndex {
  readonly #starts: number[] = [0]

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  /** Of an offset in UTF-16 code units. */
  at(offset: number): { readonly line: number; readonly column: number } {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 }
  }
}

/** A problem of a document that begins at `start` of its file. */
export function findingOf(
  { code, severity, range, message, fix }: DocumentProblem,
  file: string,
  lines: LineIndex,
  start: number,
): Finding {
  const from = lines.at(start + range.start)
  const to = lines.at(start + range.end)
  return {
    code: POLICY_CODES[code].code,
    severity,
    message,
    file,
    range: { start: start + range.start, end: start + range.end },
    ...(fix === undefined ? {} : { fix }),
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  }
}
