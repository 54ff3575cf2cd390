import { SchemaCode } from './code.ts'
import { scopePlaces, type ScopePlace } from './compare-scopes.ts'
import type { Field, SchemaFile, StructDeclaration } from './declarations.ts'
import { defaultValue } from './default-value.ts'
import type { Report } from './report.ts'
import { type SchemaType, typeText } from './resolve-schema.ts'

/** A struct in one of two schemas. */
export interface StructSide {
  readonly schema: SchemaFile
  readonly struct: StructDeclaration
  readonly types: ReadonlyMap<Field, SchemaType>
  readonly ids: ReadonlyMap<string, bigint>
}

/** Fields are the same where their numbers are; names are free. */
export function compareFields(before: StructSide, after: StructSide, report: Report): void {
  const known = new Map(after.struct.fields.map((field) => [field.ordinal, field]))
  const count = ordinalCount(before.struct)
  for (const was of before.struct.fields) {
    const place = `${before.struct.name}.${was.name}`
    const renumbered = after.struct.fields.find(
      (field) => field.name === was.name && field.scope?.name === was.scope?.name,
    )
    if (renumbered && renumbered.ordinal !== was.ordinal && renumbered.ordinal < count)
      report(
        after.schema,
        renumbered.range,
        SchemaCode.renumbered,
        `${place} was @${was.ordinal}, and is @${renumbered.ordinal}`,
        `${was.name} @${was.ordinal}`,
      )
    const is = known.get(was.ordinal)
    if (is) compareField(before, was, after, is, report)
    else
      report(
        before.schema,
        was.range,
        SchemaCode.fieldGone,
        `${place} @${was.ordinal} is gone`,
        `keep @${was.ordinal}; its name may become ${was.name}Obsolete`,
      )
  }
  compareScopes(before, after, report)
}

function compareField(before: StructSide, was: Field, after: StructSide, is: Field, report: Report): void {
  const oldType = before.types.get(was)
  const newType = after.types.get(is)
  // What could not be resolved has been told.
  if (!oldType || !newType) return
  const place = `${after.struct.name}.${is.name}`
  if (!sameType(before, oldType, after, newType)) {
    if (!isUpgrade(before, oldType, after, newType))
      report(
        after.schema,
        is.type,
        SchemaCode.typeChanged,
        `${place} @${is.ordinal} was ${typeText(oldType)}, and is ${typeText(newType)}`,
        `keep ${typeText(oldType)}, and add a field @${ordinalCount(after.struct)} :${typeText(newType)}`,
      )
    return
  }
  const oldDefault = defaultValue(before.schema, before.struct, was, oldType)
  const newDefault = defaultValue(after.schema, after.struct, is, newType)
  if (oldDefault !== newDefault)
    report(
      after.schema,
      is.range,
      SchemaCode.defaultChanged,
      `the default of ${place} @${is.ordinal} changed`,
      was.initial.length === 0 ? 'write none' : `= ${was.initial.map((token) => token.text).join('')}`,
    )
}

function sameType(before: StructSide, was: SchemaType, after: StructSide, is: SchemaType): boolean {
  if (was.kind === 'list' && is.kind === 'list') return sameType(before, was.element, after, is.element)
  if (was.kind === 'declared' && is.kind === 'declared')
    return before.ids.get(was.declaration.name) === after.ids.get(is.declaration.name)
  return was.kind === 'built-in' && is.kind === 'built-in' && was.name === is.name
}

/** `List(T)` may become a list of a struct whose @0 is a `T`; single bits cannot. */
function isUpgrade(before: StructSide, was: SchemaType, after: StructSide, is: SchemaType): boolean {
  if (was.kind !== 'list' || is.kind !== 'list' || is.element.kind !== 'declared') return false
  if (was.element.kind === 'built-in' && was.element.name === 'Bool') return false
  if (was.element.kind === 'declared') return false
  const { declaration } = is.element
  const first = declaration.kind === 'struct' ? declaration.fields[0] : undefined
  const type = first && after.types.get(first)
  return type !== undefined && first!.scope === undefined && sameType(before, was.element, after, type)
}

/** Old fields keep to the groups and unions that they were in, and to no others. */
function compareScopes(before: StructSide, after: StructSide, report: Report): void {
  const numbers = new Set(after.struct.fields.map(({ ordinal }) => ordinal))
  const kept = new Set(
    before.struct.fields.map(({ ordinal }) => ordinal).filter((ordinal) => numbers.has(ordinal)),
  )
  const old = scopePlaces(before.struct, kept)
  const now = scopePlaces(after.struct, kept)
  const changed = now.filter(({ signature }) => !old.some((place) => place.signature === signature))
  for (const place of changed) {
    const was = old.find(
      ({ scope, ordinals }) => scope.kind === place.scope.kind && overlap(ordinals, place.ordinals),
    )
    const [has, had] = [list(place.ordinals), was && list(was.ordinals)]
    const message =
      had === undefined
        ? `takes in ${has}, which were not in one before`
        : had === has
          ? `has another tag, or other groups of ${has}`
          : `has ${has} of the old fields, and had ${had}`
    const fix = had === undefined ? 'let it take in one old field at most' : `leave ${had} as they were`
    report(after.schema, place.scope.range, SchemaCode.moved, `${scopeText(after, place)} ${message}`, fix)
  }
  for (const place of old) {
    if (now.some(({ signature }) => signature === place.signature)) continue
    if (changed.some(({ ordinals }) => overlap(ordinals, place.ordinals))) continue
    const message = `${scopeText(before, place)} is gone from around ${list(place.ordinals)}`
    report(before.schema, place.scope.range, SchemaCode.moved, message, 'keep them in it')
  }
}

function scopeText({ struct }: StructSide, { scope }: ScopePlace): string {
  return `${scope.kind} ${[struct.name, scope.name].filter(Boolean).join('.')}`
}

function overlap(a: readonly number[], b: readonly number[]): boolean {
  return a.some((ordinal) => b.includes(ordinal))
}

function list(ordinals: readonly number[]): string {
  return ordinals.map((ordinal) => `@${ordinal}`).join(', ')
}

/** How many numbers a struct has given away; tags of unions can have some. */
function ordinalCount({ fields, scopes }: StructDeclaration): number {
  return fields.length + scopes.filter(({ ordinal }) => ordinal !== undefined).length
}
