import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlowSchema, GetStatusResponseSchema } from '@quadrant/proto'
import { ROUTES } from '../app.ts'
import { jsonEncoder } from '../output/json.ts'
import { SHOP_FLOWS } from '../testing/made-flows.ts'
import { jsonSchema } from './json-schema.ts'
import { protoComments } from './proto-comments.ts'
import { referenceFiles } from './reference.ts'

interface ObjectSchema {
  readonly description?: string
  readonly properties: Readonly<
    Record<string, { type?: string; enum?: readonly string[]; description?: string }>
  >
  readonly required: readonly string[]
}

test('every command is in the reference, and it is the same each time', () => {
  const files = referenceFiles([])
  for (const route of Object.keys(ROUTES))
    assert.match(files.get('cli.md')!, new RegExp(`^## quadrant ${route}(?: [a-z]+)?$`, 'm'))
  assert.deepEqual(
    [...files.keys()],
    [
      'cli.md',
      'gateway.md',
      'policy.md',
      'policy-diagnostics.md',
      'policy.schema.json',
      'flow.schema.json',
      'captured-request.schema.json',
      'runtime-event.schema.json',
      'profile.schema.json',
      'map.schema.json',
      'requests.schema.json',
      'request-instruction.schema.json',
      'filters.schema.json',
      'filter-history.schema.json',
      'status.schema.json',
      'doctor.schema.json',
    ],
  )
  assert.deepEqual(referenceFiles([]), files)
})

test('what is written is what the schema says', () => {
  const schema = jsonSchema(FlowSchema, { id: 'x', title: 'y', comment: () => undefined }) as unknown as {
    $defs: { Flow: ObjectSchema }
  }
  const { properties, required } = schema.$defs.Flow
  for (const flow of SHOP_FLOWS) {
    const json = jsonEncoder(FlowSchema)(flow) as Record<string, unknown>
    assert.deepEqual(Object.keys(json), Object.keys(properties))
    assert.deepEqual([...required], Object.keys(properties))
    for (const [name, value] of Object.entries(json)) {
      const { type, enum: names } = properties[name]!
      assert.equal(typeof value, type === 'integer' ? 'number' : type, name)
      if (names) assert.ok(names.includes(String(value)), `${name} ${String(value)}`)
    }
  }
})

test('messages within messages are defined once', () => {
  const schema = jsonSchema(GetStatusResponseSchema, {
    id: 'x',
    title: 'y',
    comment: () => undefined,
  }) as unknown as {
    $defs: Record<string, ObjectSchema>
  }
  for (const reference of JSON.stringify(schema).matchAll(/#\/\$defs\/(\w+)/g))
    assert.ok(schema.$defs[reference[1]!])
})

test('comments of the protocol become descriptions', () => {
  const comments = protoComments(`// A thing.
// In two lines.
message Thing {
  // How many.
  double count = 1;
  oneof kind {
    string name = 2; // Behind.
  }

  // Of nothing.

  repeated Other others = 3;
}
enum Colour { RED = 0; }
`)
  assert.deepEqual(
    [...comments],
    [
      ['Thing', 'A thing. In two lines.'],
      ['Thing.count', 'How many.'],
      ['Thing.name', 'Behind.'],
    ],
  )
})
