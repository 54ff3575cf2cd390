// What is called compatible lies at the same place, as the reference compiler lays it out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { capnp, NO_CAPNP } from '../testing/capnp.ts'
import { compareSchemas } from './compare-schemas.ts'
import { parseSchema } from './parse-schema.ts'

const PLACES = ['top', 'group', 'union', 'union group'] as const
type Place = (typeof PLACES)[number]
interface MadeField {
  readonly type: string
  readonly place: Place
}

const field: fc.Arbitrary<MadeField> = fc.record({
  type: fc.constantFrom('Bool', 'Int8', 'Int16', 'Int32', 'Float64', 'Text', 'List(Int16)'),
  place: fc.constantFrom(...PLACES),
})

/** A struct, and what became of it: fields that moved, and new ones. */
const change = fc.record({
  fields: fc.array(field, { minLength: 1, maxLength: 6 }),
  moves: fc.array(fc.tuple(fc.nat(5), fc.constantFrom(...PLACES)), { maxLength: 2 }),
  added: fc.array(field, { maxLength: 3 }),
})

test('fields of compatible schemas lie at the same place', { skip: NO_CAPNP }, () => {
  let compatibleCount = 0
  let movedCount = 0
  fc.assert(
    fc.property(change, ({ fields, moves, added }) => {
      const after = [...fields, ...added]
      for (const [at, place] of moves) if (at < fields.length) after[at] = { ...after[at]!, place }
      const [oldText, newText] = [schemaOf(fields), schemaOf(after)]
      const [was, is] = [parseSchema(oldText, 'old'), parseSchema(newText, 'new')]
      // A union of one.
      if (!was.value || !is.value || !compareSchemas(was.value, is.value).value.compatible) return
      compatibleCount++
      if (fields.some(({ place }, at) => place !== after[at]!.place)) movedCount++
      const [oldPlaces, places] = [layout(oldText), layout(newText)]
      assert.equal(oldPlaces.size, fields.length)
      for (const [ordinal, { at, tag }] of oldPlaces) {
        assert.equal(places.get(ordinal)!.at, at, `@${ordinal} of\n${oldText}\n${newText}`)
        // What was in no union is its first member, or that of a group in it.
        assert.equal(
          places.get(ordinal)!.tag ?? '0',
          tag ?? '0',
          `tag of @${ordinal}\n${oldText}\n${newText}`,
        )
      }
    }),
    { seed: 62, numRuns: 400 },
  )
  assert.ok(
    compatibleCount >= 20 && movedCount >= 5,
    `${compatibleCount} compatible, ${movedCount} with moves`,
  )
})

function schemaOf(fields: readonly MadeField[]): string {
  const inPlace = (wanted: Place) =>
    fields.map(({ type, place }, at) => (place === wanted ? `f${at} @${at} :${type};` : '')).join('')
  const group = (name: string, text: string) => (text === '' ? '' : `${name} :group { ${text} }`)
  const arms = inPlace('union') + group('h', inPlace('union group'))
  return `@0xdbb9ad1f14bf0b36;
struct T { ${inPlace('top')} ${group('g', inPlace('group'))} ${arms === '' ? '' : `u :union { ${arms} }`} }`
}

/** Where the reference compiler puts each number: it writes so in comments. */
function layout(
  text: string,
): ReadonlyMap<string, { readonly at: string; readonly tag: string | undefined }> {
  const written = capnp(['compile', '-ocapnp', 's.capnp'], { 's.capnp': text }).toString()
  const places = new Map<string, { at: string; tag: string | undefined }>()
  let groupTag: string | undefined
  for (const line of written.split('\n')) {
    const tag = /union tag = (\d+)/.exec(line)?.[1]
    const [, ordinal, at] = /@(\d+) :[^;]*;\s+# (bits\[\d+, \d+\)|ptr\[\d+\])/.exec(line) ?? []
    if (ordinal !== undefined) places.set(ordinal, { at: at!, tag: tag ?? groupTag })
    else groupTag = line.includes(':group') ? tag : undefined
  }
  return places
}
