import type { Diagnostic, TextRange } from '@quadrant/core'
import type { SchemaCode } from './code.ts'

/** Ends reading at the first mistake; `parseSchema` makes a diagnostic of it. */
export class SchemaProblem extends Error {
  override readonly name = 'SchemaProblem'
  readonly code: SchemaCode
  readonly range: TextRange
  readonly fix: string | undefined

  constructor(code: SchemaCode, message: string, range: TextRange, fix?: string) {
    super(message)
    this.code = code
    this.range = range
    this.fix = fix
  }

  toDiagnostic(file: string): Diagnostic {
    const { code, message, range, fix } = this
    return { code, severity: 'error', message, file, range, ...(fix === undefined ? {} : { fix }) }
  }
}
