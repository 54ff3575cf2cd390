import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse as parseCel } from '@bufbuild/cel'
import { parseAllDocuments } from 'yaml'
import { customResources } from './custom-resource.ts'

type JsonSchema = Readonly<Record<string, unknown>>

const DEFINITIONS = parseAllDocuments(customResources()).map((document) => document.toJS() as JsonSchema)

/** Every schema with its path. */
function* schemasOf(schema: JsonSchema, path: string): Generator<readonly [string, JsonSchema]> {
  yield [path, schema]
  for (const [name, one] of Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>))
    yield* schemasOf(one, `${path}.${name}`)
  for (const key of ['items', 'additionalProperties'])
    if (typeof schema[key] === 'object') yield* schemasOf(schema[key] as JsonSchema, `${path}[]`)
}

function schemaIn(definition: JsonSchema): JsonSchema {
  const { versions } = definition['spec'] as { readonly versions: readonly { readonly schema: JsonSchema }[] }
  return versions[0]!.schema['openAPIV3Schema'] as JsonSchema
}

test('there is a definition for each kind of ours', () => {
  assert.equal(DEFINITIONS.length, 12)
})

// Rules of apiextensions/v1, "Specifying a structural schema".
test('schemas are structural', () => {
  for (const definition of DEFINITIONS)
    for (const [path, schema] of schemasOf(schemaIn(definition), '')) {
      const isOpen =
        schema['x-kubernetes-preserve-unknown-fields'] === true ||
        schema['x-kubernetes-int-or-string'] === true
      assert.ok(typeof schema['type'] === 'string' || isOpen, `${path} has no type`)
      assert.ok(!(schema['properties'] && schema['additionalProperties']), path)
      assert.notEqual(schema['additionalProperties'], false, path)
      for (const word of [
        '$ref',
        'propertyNames',
        'uniqueItems',
        'const',
        'if',
        'patternProperties',
        'deprecated',
      ])
        assert.equal(schema[word], undefined, `${path} ${word}`)
      const keys = (schema['x-kubernetes-list-map-keys'] ?? []) as readonly string[]
      const item = (schema['items'] ?? {}) as {
        readonly required?: readonly string[]
        readonly properties?: object
      }
      for (const key of keys) {
        assert.ok(item.properties && key in item.properties, `${path} ${key}`)
        assert.ok(item.required?.includes(key), `${path}: a key of a list is required`)
      }
    }
})

test('rules of API servers are CEL', () => {
  let count = 0
  for (const definition of DEFINITIONS)
    for (const [path, schema] of schemasOf(schemaIn(definition), ''))
      for (const { rule, message } of (schema['x-kubernetes-validations'] ?? []) as readonly {
        readonly rule: string
        readonly message: string
      }[]) {
        count++
        assert.ok(message.length > 0 && message.length < 2048, path)
        // Optional fields are of Kubernetes' CEL: the parser at hand does not have them.
        const plain = rule.replace(/\.\?(\w+)\.orValue\(/g, '.$1.orValue(')
        assert.doesNotThrow(() => parseCel(plain), `${path}: ${rule}`)
      }
  assert.ok(count > 100)
})
