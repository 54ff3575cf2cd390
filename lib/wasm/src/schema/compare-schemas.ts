import type { Analysis, Diagnostic } from '@quadrant/core'
import { SchemaCode } from './code.ts'
import { compareFields } from './compare-fields.ts'
import type { EnumDeclaration, SchemaFile, TypeDeclaration } from './declarations.ts'
import type { Report } from './report.ts'
import { resolveFields } from './resolve-schema.ts'
import { typeIds } from './type-id.ts'

export interface SchemaComparison {
  /** False where one side has messages that the other reads otherwise, or does not read. */
  readonly compatible: boolean
  readonly typesCompared: number
}

/**
 * Whether messages of `before` and `after` can be read by each other's programs, by the rules of Cap'n Proto's language
 * ("Evolving Your Protocol"). What these do not call safe is told as an error, though it may happen to work. Types are the
 * same where their ids are; the name of a type makes its id, unless one is written.
 */
export function compareSchemas(before: SchemaFile, after: SchemaFile): Analysis<SchemaComparison> {
  const diagnostics: Diagnostic[] = []
  const report: Report = (schema, range, code, message, fix, severity = 'error') => {
    diagnostics.push({
      code,
      severity,
      message,
      file: schema.file,
      range: { start: range.start, end: range.end },
      ...(fix === undefined ? {} : { fix }),
    })
  }
  const old = resolveFields(before)
  const now = resolveFields(after)
  diagnostics.push(...old.diagnostics, ...now.diagnostics)
  if (before.id !== after.id)
    report(
      after,
      after.idRange,
      SchemaCode.idChanged,
      'the id of the file changed, and with it those of all types that have none of their own',
      `@${hex(before.id)};`,
    )
  const oldIds = typeIds(before)
  const newIds = typeIds(after, before.id)
  const newById = new Map([...newIds].map(([name, id]) => [id, after.types.get(name)!]))
  let typesCompared = 0
  for (const was of before.types.values()) {
    const id = oldIds.get(was.name)!
    const is = newById.get(id)
    if (is?.kind !== was.kind) {
      const named = after.types.get(was.name)
      if (is || named)
        report(
          after,
          (is ?? named!).range,
          SchemaCode.idChanged,
          is ? `${was.name} was ${article(was)}, and is ${article(is)}` : `the id of ${was.name} changed`,
          is ? undefined : `${was.name.split('.').at(-1)} @${hex(id)}`,
        )
      else
        report(
          before,
          was.range,
          SchemaCode.declarationGone,
          `${was.name} is gone`,
          `keep it; where it has another name now, write its id there: @${hex(id)}`,
        )
      continue
    }
    typesCompared++
    if (was.kind === 'struct' && is.kind === 'struct')
      compareFields(
        { schema: before, struct: was, types: old.value, ids: oldIds },
        { schema: after, struct: is, types: now.value, ids: newIds },
        report,
      )
    else if (was.kind === 'enum' && is.kind === 'enum') compareEnums(before, was, after, is, report)
    else
      report(
        after,
        is.range,
        SchemaCode.notCompared,
        `the methods of ${is.name} are not compared`,
        undefined,
        'info',
      )
  }
  const compatible = !diagnostics.some(({ severity }) => severity === 'error')
  return { value: { compatible, typesCompared }, diagnostics }
}

function compareEnums(
  before: SchemaFile,
  was: EnumDeclaration,
  after: SchemaFile,
  is: EnumDeclaration,
  report: Report,
): void {
  for (const { name, ordinal, range } of was.enumerants) {
    const moved = is.enumerants.find((other) => other.name === name && other.ordinal !== ordinal)
    if (moved && moved.ordinal < was.enumerants.length)
      report(
        after,
        moved.range,
        SchemaCode.renumbered,
        `${is.name}.${name} was @${ordinal}, and is @${moved.ordinal}`,
        `${name} @${ordinal};`,
      )
    if (!is.enumerants[ordinal])
      report(
        before,
        range,
        SchemaCode.fieldGone,
        `${was.name}.${name} @${ordinal} is gone`,
        `keep ${name} @${ordinal};`,
      )
  }
}

function article({ kind }: TypeDeclaration): string {
  return kind === 'struct' ? 'a struct' : `an ${kind}`
}

function hex(id: bigint): string {
  return `0x${id.toString(16).padStart(16, '0')}`
}
