import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { anyPack, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { create, fromBinary, getOption, hasOption, toJson } from '@bufbuild/protobuf'
import { cluster, discovery, ENVOY_REGISTRY, endpoint, httpRouter, validate } from './envoy.ts'

test('the generated code is that of the committed descriptors, and all of it is in the registry', () => {
  const bytes = readFileSync(new URL('../envoy/descriptors.binpb', import.meta.url))
  const set = fromBinary(FileDescriptorSetSchema, bytes)
  const missing = set.file
    .flatMap((file) => file.messageType.map(({ name }) => `${file.package}.${name}`))
    .filter((name) => ENVOY_REGISTRY.getMessage(name) === undefined)
  assert.deepEqual(missing, [])
  assert.equal(set.file.filter(({ name }) => name.startsWith('envoy/')).length > 80, true)
})

test("a filter's configuration within an Any is JSON by its own names", () => {
  const response = create(discovery.DiscoveryResponseSchema, {
    resources: [anyPack(httpRouter.RouterSchema, create(httpRouter.RouterSchema, { startChildSpan: true }))],
  })
  assert.deepEqual(toJson(discovery.DiscoveryResponseSchema, response, { registry: ENVOY_REGISTRY }), {
    resources: [
      { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router', startChildSpan: true },
    ],
  })
})

test("Envoy's own rules are there", () => {
  const { field } = cluster.ClusterSchema
  assert.ok(hasOption(field.name, validate.rules))
  const rules = getOption(field.name, validate.rules)
  assert.equal(rules.type.case, 'string')
  assert.deepEqual(rules.type.value && 'minLen' in rules.type.value && rules.type.value.minLen, 1n)
  assert.ok(hasOption(endpoint.ClusterLoadAssignmentSchema.field.clusterName, validate.rules))
})
