import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { cluster, discovery, endpoint } from '@quadrant/proto/envoy'
import { GovernError } from '../error.ts'
import { encodeResource } from './encoded-resource.ts'
import { toResource } from './resource.ts'
import { encodeDeltaResponse, encodeResponse } from './response.ts'

const CLUSTER = 'type.googleapis.com/envoy.config.cluster.v3.Cluster'
/** Names around the lengths at which a varint takes another byte. */
const NAMES = ['a', 'ü'.repeat(63), 'b'.repeat(127), 'c'.repeat(128), 'd'.repeat(16_383), 'e'.repeat(16_384)]
const CLUSTERS = NAMES.map((name) => create(cluster.ClusterSchema, { name, altStatName: name }))
const ENCODED = CLUSTERS.map((message) => encodeResource(toResource(cluster.ClusterSchema, message)))

test('protobuf-es reads what is put together by hand', () => {
  const whole = fromBinary(
    discovery.DiscoveryResponseSchema,
    encodeResponse(CLUSTER, 'version', Buffer.concat(ENCODED.map(({ whole }) => whole)), 'nonce'),
  )
  assert.equal(whole.versionInfo, 'version')
  assert.equal(whole.typeUrl, CLUSTER)
  assert.equal(whole.nonce, 'nonce')
  assert.deepEqual(
    whole.resources.map((any) => anyUnpack(any, cluster.ClusterSchema)),
    CLUSTERS,
  )
  const delta = fromBinary(
    discovery.DeltaDiscoveryResponseSchema,
    encodeDeltaResponse(
      CLUSTER,
      'version',
      Buffer.concat(ENCODED.map(({ delta }) => delta)),
      ['gone', 'x'.repeat(200)],
      'nonce',
    ),
  )
  assert.equal(delta.systemVersionInfo, 'version')
  assert.equal(delta.typeUrl, CLUSTER)
  assert.equal(delta.nonce, 'nonce')
  assert.deepEqual(delta.removedResources, ['gone', 'x'.repeat(200)])
  assert.deepEqual(
    delta.resources.map(({ name, version, resource }) => [
      name,
      version,
      anyUnpack(resource!, cluster.ClusterSchema),
    ]),
    CLUSTERS.map((message, index) => [message.name, ENCODED[index]!.version, message]),
  )
  assert.equal(whole.$unknown, undefined)
  assert.equal(delta.$unknown, undefined)
})

test('a resource has the name of its message, and one of no type that is served is refused', () => {
  const { name, typeUrl } = toResource(
    endpoint.ClusterLoadAssignmentSchema,
    create(endpoint.ClusterLoadAssignmentSchema, { clusterName: 'shop' }),
  )
  assert.deepEqual([name, typeUrl.split('.').at(-1)], ['shop', 'ClusterLoadAssignment'])
  const isArgument = (error: unknown) => error instanceof GovernError && error.code === 'argument'
  assert.throws(() => toResource(cluster.ClusterSchema, create(cluster.ClusterSchema)), isArgument)
  assert.throws(
    () => toResource(discovery.ResourceSchema, create(discovery.ResourceSchema, { name: 'x' })),
    isArgument,
  )
})

test('the version is of the content: the same again is the same, anything else is not', () => {
  const version = (altStatName: string) =>
    encodeResource(
      toResource(cluster.ClusterSchema, create(cluster.ClusterSchema, { name: 'a', altStatName })),
    ).version
  assert.equal(version('x'), version('x'))
  assert.notEqual(version('x'), version('y'))
})
