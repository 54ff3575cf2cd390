import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScalarType, create, toBinary, type DescField } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { FlowColumnsSchema } from '@quadrant/proto'
import fc from 'fast-check'
import { flowsOf } from '../testing/batch.ts'
import { changedBytes } from '../testing/changed-bytes.ts'
import { FlowColumnsError, decodeFlowColumns } from './columns.ts'

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const isDouble = (field: DescField) =>
  field.fieldKind === 'list' && field.listKind === 'scalar' && field.scalar === ScalarType.DOUBLE
const columns = FlowColumnsSchema.fields.filter((field) => field.name !== 'count')

test('columns decode as the general decoder has them', () => {
  const rows = fc.integer({ min: 0, max: 40 }).chain((count) =>
    fc.record(
      Object.fromEntries(
        columns.map((field) => {
          const value =
            field.localName === 'offsetUs' ? fc.integer() : isDouble(field) ? fc.double({ noNaN: true }) : u32
          return [field.localName, fc.array(value, { minLength: count, maxLength: count })]
        }),
      ),
    ),
  )
  fc.assert(
    fc.property(rows, (values) => {
      const count = (values['event'] as number[]).length
      const bytes = toBinary(FlowColumnsSchema, create(FlowColumnsSchema, { count, ...values }))
      const table = decodeFlowColumns(bytes)
      assert.equal(table.count, count)
      for (const [name, expected] of Object.entries(values))
        assert.deepEqual([...(table[name as 'event'] as Iterable<number>)], expected, name)
    }),
    { seed: 2, numRuns: 100 },
  )
})

test('values that are not packed, and fields of later versions, are read too', () => {
  const writer = new BinaryWriter()
  for (const field of columns) {
    if (field.localName === 'offsetUs') writer.tag(field.number, WireType.Varint).sint32(-7)
    else if (isDouble(field)) writer.tag(field.number, WireType.Bit64).double(2.5)
    else writer.tag(field.number, WireType.Varint).uint32(300)
  }
  writer.tag(1, WireType.Varint).uint32(1)
  writer.tag(999, WireType.LengthDelimited).string('later')
  const table = decodeFlowColumns(writer.finish())
  assert.deepEqual([table.offsetUs[0], table.cookie[0], table.event[0]], [-7, 2.5, 300])
})

test('bytes that are cut off are refused wherever the cut is', () => {
  const whole = toBinary(FlowColumnsSchema, flowsOf(3))
  for (let length = 1; length < whole.length; length++)
    assert.throws(() => decodeFlowColumns(whole.subarray(0, length)), FlowColumnsError, `at ${length}`)
})

const hostile: [name: string, bytes: Uint8Array][] = [
  ['columns of different lengths', toBinary(FlowColumnsSchema, flowsOf(3, { error: [1, 2] }))],
  ['a count without columns', toBinary(FlowColumnsSchema, create(FlowColumnsSchema, { count: 1_000 }))],
  ['a count that would take all memory', Uint8Array.of(8, 0xff, 0xff, 0xff, 0xff, 0x0f)],
  ['a number of 33 bits', Uint8Array.of(8, 0xff, 0xff, 0xff, 0xff, 0x1f)],
  ['a number without an end', new Uint8Array(64).fill(0xff)],
  ['a group, which proto3 has not', Uint8Array.of(8, 0, 0x0b)],
]
for (const [name, bytes] of hostile)
  test(`refused: ${name}`, () => assert.throws(() => decodeFlowColumns(bytes), FlowColumnsError))

test('whatever the bytes, they are decoded or refused', () => {
  const whole = toBinary(FlowColumnsSchema, flowsOf(20))
  fc.assert(
    fc.property(
      changedBytes(whole, { min: 0, max: 5 }),
      fc.uint8Array({ maxLength: 64 }),
      (bytes, random) => {
        for (const input of [bytes, random])
          try {
            const { count, event } = decodeFlowColumns(input)
            assert.equal(event.length, count)
          } catch (error) {
            assert.ok(error instanceof FlowColumnsError)
          }
      },
    ),
    { seed: 3, numRuns: 2000 },
  )
})
