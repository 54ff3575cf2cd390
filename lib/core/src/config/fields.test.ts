import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigReader, placeOf } from './config-reader.ts'
import { type Field, mapped } from './field.ts'
import {
  bytes,
  duration,
  either,
  json,
  list,
  number,
  object,
  oneOf,
  optional,
  text,
  withDefault,
} from './fields.ts'
import { parseConfig, wholeOf } from './parse-config.ts'

const CODES = {
  syntax: 'syntax',
  tooLarge: 'tooLarge',
  unknownKey: 'unknownKey',
  unknownType: 'unknownType',
  wrongValue: 'wrongValue',
  missing: 'missing',
  undeclared: 'undeclared',
  noEffect: 'noEffect',
  environment: 'environment',
  exposed: 'exposed',
}

function read<T>(field: Field<T>, source: string) {
  const reader = new ConfigReader({ file: undefined, environment: { NAME: 'value' }, codes: CODES })
  const document = parseConfig(source, reader)
  const value =
    document &&
    object('file', { x: field })(reader, placeOf(document.contents, wholeOf(source).range), 'file').x
  return { value, reader, codes: reader.diagnostics.map(({ code }) => code) }
}

const limits = { default: 7, min: 0, max: 1e12 }

const ROWS: readonly (readonly [
  name: string,
  field: Field<unknown>,
  source: string,
  value: unknown,
  code?: string,
])[] = [
  ['number', number(limits), 'x: 5', 5],
  ['number', number(limits), 'x: "5"', 5],
  ['number', number(limits), '{}', 7],
  ['number', number(limits), 'x: 5.5', 7, 'wrongValue'],
  ['number', number(limits), 'x: [5]', 7, 'wrongValue'],
  ['duration', duration(limits), 'x: 1h30m', 5_400_000],
  ['duration', duration(limits), 'x: 1.5s', 1500],
  ['duration', duration(limits), 'x: 0', 0],
  ['duration', duration(limits), 'x: 5', 7, 'wrongValue'],
  ['duration', duration(limits), 'x: 5 s', 7, 'wrongValue'],
  ['bytes', bytes(limits), 'x: 64KiB', 65_536],
  ['bytes', bytes(limits), 'x: 12', 12],
  ['bytes', bytes(limits), 'x: 12B', 12],
  ['bytes', bytes(limits), 'x: 1KB', 7, 'wrongValue'],
  ['bytes', bytes(limits), 'x: 1.5MiB', 7, 'wrongValue'],
  ['bytes', bytes({ ...limits, max: 1024 }), 'x: 2KiB', 7, 'wrongValue'],
  ['oneOf', oneOf(['a', 'b'], 'a'), 'x: b', 'b'],
  ['oneOf', oneOf(['a', 'b'], 'a'), 'x: c', 'a', 'wrongValue'],
  ['text', text, 'x: "${env:NAME}-$$"', 'value-$'],
  ['text', text, 'x: "${NONE:-other}"', 'other'],
  ['text', text, 'x: "${NONE}"', '', 'environment'],
  ['text', text, '{}', '', 'missing'],
  ['optional', optional(text), '{}', undefined],
  ['withDefault', withDefault(text, 'other'), '{}', 'other'],
  ['list', list(number(limits)), 'x: [1, 2]', [1, 2]],
  ['list', list(number(limits)), 'x: 1', [], 'wrongValue'],
  ['either', either(text, object('it', { a: text })), 'x: b', 'b'],
  ['either', either(text, object('it', { a: text })), 'x: { a: b }', { a: 'b' }],
  ['json', json, 'x: { a: [1, true, ~, "${NAME}"] }', { a: [1, true, null, 'value'] }],
  ['object', object('it', { a: optional(text) }), 'x: { b: 1 }', { a: undefined }, 'unknownKey'],
]

for (const [name, field, source, value, code] of ROWS)
  test(`${name} of ${source}`, () => {
    const found = read(field, source)
    assert.deepEqual(found.value, value)
    assert.deepEqual(found.codes, code === undefined ? [] : [code])
  })

test('it is remembered where things stand, also when something else is made of them', () => {
  const field = mapped(object('it', { names: list(text) }), ({ names }) => ({ all: names }))
  const { value, reader } = read(field, 'x: { names: [a, bc] }')
  assert.ok(value)
  assert.deepEqual(reader.recall(value, 'names')?.range, { start: 12, end: 19 })
  assert.deepEqual(reader.recall(value.all, 1)?.range, { start: 16, end: 18 })
  assert.deepEqual(reader.recall(value, 'none')?.range, { start: 3, end: 21 })
  assert.equal(reader.recall({}), undefined)
})

test('what a field may be is said with its default', () => {
  assert.deepEqual(duration({ default: 90_000, min: 0, max: 3_600_000 }).shape, {
    type: 'a duration from 0 to 1h',
    fallback: '90s',
  })
  assert.deepEqual(bytes({ default: 1536, min: 0, max: 1 << 30 }).shape, {
    type: 'a size from 0 to 1GiB',
    fallback: '1536',
  })
  assert.equal(text.shape?.isRequired, true)
  assert.equal(optional(text).shape?.isRequired, undefined)
})
