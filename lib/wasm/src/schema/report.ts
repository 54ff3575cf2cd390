import type { Diagnostic, TextRange } from '@quadrant/core'
import type { SchemaCode } from './code.ts'
import type { SchemaFile } from './declarations.ts'

/** Tells what a comparison found, at its place in one of the two schemas. */
export type Report = (
  schema: SchemaFile,
  range: TextRange,
  code: SchemaCode,
  message: string,
  fix?: string,
  severity?: Diagnostic['severity'],
) => void
