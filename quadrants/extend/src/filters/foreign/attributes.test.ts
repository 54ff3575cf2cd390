import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary, toJson } from '@bufbuild/protobuf'
import { StructSchema } from '@bufbuild/protobuf/wkt'
import { HeaderMap, Result } from '@quadrant/wasm/proxy-wasm'
import fc from 'fast-check'
import { ENVOY_STREAM_INFO, envoyPlugin, envoyStream } from '../../testing/envoy-stream.ts'
import { bytesField, readProtoFields } from './proto-fields.ts'
import { metadataMessage } from './struct-message.ts'

type Row = readonly [path: string, expected: string | number | bigint | boolean | undefined]

/** Texts as they are, numbers as 8 bytes, undefined for what there is not. */
function check(stream: ReturnType<typeof envoyStream>, rows: readonly Row[]): void {
  const properties = envoyPlugin().ofStream(stream)
  for (const [path, expected] of rows) {
    const answer = properties.get(path.replaceAll('|', '\0'))
    if (expected === undefined) assert.equal(answer, Result.NOT_FOUND, path)
    else if (typeof expected === 'string') assert.equal(answer, expected, path)
    else if (typeof expected === 'boolean') assert.deepEqual(answer, Uint8Array.of(expected ? 1 : 0), path)
    else assert.deepEqual(answer, new Uint8Array(BigInt64Array.of(BigInt(expected)).buffer), path)
  }
}

test('a response of an upstream', () => {
  const headers = HeaderMap.of([
    [':status', '203'],
    ['server', 'envoy'],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ])
  const info = {
    ...ENVOY_STREAM_INFO,
    responseStatus: 203,
    responseDetails: 'via_upstream',
    responseFlags: 0x20,
    responseBodyBytes: 5,
    upstreamAddress: '[::1]:19001',
    upstreamLocalAddress: '127.0.0.1:45832',
    attemptCount: 2,
    upstreamLatencyNs: 1500,
    durationNs: 2500,
  }
  check(envoyStream({ info, requestHeaders: () => undefined, responseHeaders: () => headers }), [
    ['response|code', 203],
    ['response|code_details', 'via_upstream'],
    ['response|flags', 0x20],
    ['response|size', 5],
    ['response|headers_bytes', headers.byteLength],
    ['response|total_size', 5 + headers.byteLength],
    ['response|headers|server', 'envoy'],
    ['response|headers|set-cookie', 'a=1,b=2'],
    ['response|grpc_status', 2],
    ['response|backend_latency', 1500],
    ['upstream|address', '[::1]:19001'],
    ['upstream|port', 19_001],
    ['upstream|local_address', '127.0.0.1:45832'],
    ['upstream|request_attempt_count', 2],
    ['upstream|transport_failure_reason', ''],
    ['request|duration', 2500],
    // Its headers have left for the upstream.
    ['request|path', undefined],
    ['request|query', undefined],
    ['request|headers|x-a', undefined],
    ['request|total_size', 0],
    ['request|time', 1_795_772_700_000_250_000n],
  ])
})

test('what gRPC says of its status', () => {
  const of = (status: string): HeaderMap => HeaderMap.of([['grpc-status', status]])
  for (const [expected, responseStatus, headers, trailers] of [
    [5, 200, undefined, of('5')],
    [7, 200, of('7'), undefined],
    [-1, 200, of('seven'), undefined],
    [12, 404, undefined, undefined],
    [14, 503, undefined, undefined],
    [2, 200, undefined, undefined],
    [undefined, 0, undefined, undefined],
  ] as const)
    check(
      envoyStream({
        info: { ...ENVOY_STREAM_INFO, responseStatus },
        responseHeaders: () => headers,
        responseTrailers: () => trailers,
      }),
      [['response|grpc_status', expected]],
    )
})

test('a connection with certificates, and one of a unix socket', () => {
  const connection = {
    ...ENVOY_STREAM_INFO.connection,
    tls: {
      version: 'TLSv1.3',
      serverName: 'shop.example',
      isMutual: true,
      peerSubject: 'CN=ä',
      peerUriSan: 'spiffe://a/b',
      peerDnsSan: undefined,
      peerFingerprintSha256: 'abc',
      localSubject: undefined,
    },
  }
  check(envoyStream({ info: { ...ENVOY_STREAM_INFO, connection } }), [
    ['connection|id', 3],
    ['connection|mtls', true],
    ['connection|requested_server_name', 'shop.example'],
    ['connection|tls_version', 'TLSv1.3'],
    ['connection|subject_peer_certificate', Buffer.from('CN=ä').toString('latin1')],
    ['connection|subject_local_certificate', ''],
    ['connection|uri_san_peer_certificate', 'spiffe://a/b'],
    ['connection|dns_san_peer_certificate', undefined],
    ['connection|sha256_peer_certificate_digest', 'abc'],
    ['source|port', 5000],
    ['destination|address', '127.0.0.1:19000'],
  ])
  const unix = { ...ENVOY_STREAM_INFO.connection, sourceAddress: '/run/x.sock', sourcePort: 0 }
  check(envoyStream({ info: { ...ENVOY_STREAM_INFO, connection: unix } }), [
    ['source|address', '/run/x.sock'],
    ['source|port', undefined],
    ['connection|mtls', false],
    ['connection|requested_server_name', ''],
    ['connection|tls_version', undefined],
  ])
})

test('a request that no route is for, and a length that its client says', () => {
  const headers = HeaderMap.of([
    [':path', '/a?b=c#d'],
    ['content-length', '12'],
  ])
  const info = { ...ENVOY_STREAM_INFO, routeName: '', clusterName: '', requestBodyBytes: 7 }
  check(envoyStream({ info, requestHeaders: () => headers }), [
    ['xds|route_name', undefined],
    ['xds|cluster_name', undefined],
    ['xds|listener_direction', 1],
    ['request|query', 'b=c'],
    ['request|url_path', '/a'],
    ['request|size', 12],
    ['request|total_size', 7 + headers.byteLength],
    ['request|host', undefined],
  ])
})

test('without a stream only the plugin and its node are known', () => {
  const plugin = envoyPlugin()
  for (const path of ['request', 'request\0path', 'connection_id', 'filter_state', 'xds\0route_name', 'a'])
    assert.equal(plugin.get(path), Result.NOT_FOUND, path)
  assert.equal(plugin.get('plugin_root_id'), 'root')
  assert.equal(plugin.get('xds\0node\0id'), 'node-1')
})

test('configured metadata is what protobuf makes of its JSON', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
      (struct) => {
        const metadata = readProtoFields(metadataMessage({ name: struct }).bytes())
        const entry = readProtoFields(bytesField(metadata ?? new Map(), 1))
        const bytes = bytesField(entry ?? new Map(), 2)
        assert.deepEqual(
          toJson(StructSchema, fromBinary(StructSchema, bytes)),
          JSON.parse(JSON.stringify(struct)),
        )
      },
    ),
    { numRuns: 300, seed: 9 },
  )
})
