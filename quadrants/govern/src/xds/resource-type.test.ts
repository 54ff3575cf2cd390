import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RESOURCE_TYPES, resourceTypeOf } from './resource-type.ts'

test('what refers to others comes after them', () => {
  const order = RESOURCE_TYPES.map(({ name }) => name)
  for (const [earlier, later] of [
    ['CDS', 'EDS'],
    ['EDS', 'LDS'],
    ['LDS', 'RDS'],
    ['CDS', 'RDS'],
  ] as const)
    assert.ok(order.indexOf(earlier) < order.indexOf(later), `${earlier} before ${later}`)
})

test('a type is found by its URL alone', () => {
  for (const type of RESOURCE_TYPES) assert.equal(resourceTypeOf(type.typeUrl), type)
  assert.equal(resourceTypeOf('type.googleapis.com/envoy.config.core.v3.Node'), undefined)
})
