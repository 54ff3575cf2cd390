import { hasErrors, type Analysis, type TextRange } from '@quadrant/core'
import { ConfigReader, parseConfig, placeOf, wholeOf } from '@quadrant/core/config'
import { TestCode } from './codes.ts'
import { testFile } from './test-fields.ts'
import type { TestFile } from './test-spec.ts'

/** A file of cases, and where everything in it stands. */
export interface CheckedCases {
  readonly file: TestFile
  /** Name of the file, for diagnostics. */
  readonly name: string | undefined
  readonly placeOf: (
    value: object,
    key?: string,
  ) => { readonly range: TextRange; readonly file: string | undefined }
}

/** Reads a file of cases. It never throws on bad input: `value` is undefined where a diagnostic is an error. */
export function checkCases(source: string, name?: string): Analysis<CheckedCases | undefined> {
  const reader = new ConfigReader({ file: name, environment: {}, codes: TestCode })
  const whole = wholeOf(source)
  const document = parseConfig(source, reader)
  const file = document && testFile(reader, placeOf(document.contents, whole.range), 'a file of cases')
  const diagnostics = reader.diagnostics.toSorted((a, b) => (a.range?.start ?? 0) - (b.range?.start ?? 0))
  if (file === undefined || hasErrors(diagnostics)) return { value: undefined, diagnostics }
  const value = {
    file,
    name,
    placeOf: (of: object, key?: string) => ({ range: (reader.recall(of, key) ?? whole).range, file: name }),
  }
  return { value, diagnostics }
}
