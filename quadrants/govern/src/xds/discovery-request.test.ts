import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type JsonObject, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { discovery } from '@quadrant/proto/envoy'
import { GovernError } from '../error.ts'
import { decodeRequest } from './discovery-request.ts'

const NODE_BYTES_MAX = 1 << 20
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const names = fc.array(text, { maxLength: 30 })
const said = fc.record({
  id: text,
  cluster: text,
  metadata: fc.option(
    fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constant(null))),
  ),
  typeUrl: text,
  nonce: text,
  version: text,
  error: fc.option(text, { nil: undefined }),
  wanted: names,
  unsubscribe: names,
  initial: fc.dictionary(text, text),
})

test('what protobuf-es writes is read as it was meant, in both variants', () => {
  fc.assert(
    fc.property(said, fc.boolean(), (request, isDelta) => {
      const { id, cluster, typeUrl, nonce, version, error, wanted, unsubscribe, initial } = request
      const metadata = request.metadata as JsonObject | null
      const both = {
        typeUrl,
        responseNonce: nonce,
        node: { id, cluster, ...(metadata && { metadata }), userAgentName: 'x', extensions: [{ name: 'y' }] },
        ...(error !== undefined && { errorDetail: { code: 3, message: error } }),
      }
      const bytes = isDelta
        ? toBinary(
            discovery.DeltaDiscoveryRequestSchema,
            create(discovery.DeltaDiscoveryRequestSchema, {
              ...both,
              resourceNamesSubscribe: wanted,
              resourceNamesUnsubscribe: unsubscribe,
              initialResourceVersions: initial,
            }),
          )
        : toBinary(
            discovery.DiscoveryRequestSchema,
            create(discovery.DiscoveryRequestSchema, {
              ...both,
              resourceNames: wanted,
              versionInfo: version,
            }),
          )
      const read = decodeRequest(bytes, isDelta, NODE_BYTES_MAX)
      assert.deepEqual(
        { ...read, wanted: read.wanted.names(), initialVersions: Object.fromEntries(read.initialVersions) },
        {
          typeUrl,
          nonce,
          error,
          node: { id, cluster, metadata: { ...metadata } },
          version: isDelta ? '' : version,
          wanted,
          unsubscribe: isDelta ? unsubscribe : [],
          initialVersions: isDelta ? { ...initial } : {},
        },
      )
    }),
  )
})

test('the digest of names is theirs and nobody else’s', () => {
  const digest = (wanted: readonly string[], responseNonce: string) =>
    decodeRequest(
      toBinary(
        discovery.DiscoveryRequestSchema,
        create(discovery.DiscoveryRequestSchema, {
          resourceNames: [...wanted],
          responseNonce,
          versionInfo: responseNonce,
        }),
      ),
      false,
      undefined,
    ).wanted.digest()
  assert.equal(digest(['a', 'b'], '1'), digest(['a', 'b'], '22'))
  assert.notEqual(digest(['a', 'b'], '1'), digest(['b', 'a'], '1'))
  assert.notEqual(digest(['a', 'b'], '1'), digest(['ab'], '1'))
})

test('what is no message is an error and nothing worse', () => {
  const mutated = fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.boolean())
  fc.assert(
    fc.property(mutated, ([bytes, isDelta]) => {
      try {
        decodeRequest(bytes, isDelta, 100).wanted.names()
      } catch (error) {
        assert.ok(
          error instanceof GovernError && ['encoding', 'too-large'].includes(error.code),
          String(error),
        )
      }
    }),
    { numRuns: 5000 },
  )
  // A length that is over all there is, a number without an end, a group.
  for (const bytes of [
    [0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f],
    Array(11).fill(0xff) as number[],
    [0x1b],
    [0x02, 0x00],
  ])
    assert.throws(
      () => decodeRequest(Uint8Array.from(bytes), false, undefined),
      (error) => error instanceof GovernError && error.code === 'encoding',
    )
})
