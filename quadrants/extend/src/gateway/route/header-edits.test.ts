import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { type EntryParts, logEntryOf } from '../testing/log-entry.ts'
import { virtualHostOf } from '../testing/gateway-spec.ts'
import { compileRoutes } from './compile-routes.ts'

function edited(route: string, host: string, parts: EntryParts = {}): readonly string[] {
  const headers = HeaderMap.of([
    [':authority', 'a'],
    [':path', '/'],
    ['x-a', '1'],
    ['x-a', '2'],
    ['x-b', '3'],
  ])
  const virtualHost = virtualHostOf(
    `[{ name: r, match: { prefix: / }, respond:, request_headers: ${route} }]`,
    `domains: ['*'], request_headers: ${host}`,
  )
  compileRoutes([virtualHost]).match(headers)?.requestHeaders?.(headers, logEntryOf(parts))
  return [...headers].slice(2).map(([name, value]) => `${name}=${value}`)
}

const EDITS: readonly (readonly [
  route: string,
  host: string,
  expected: readonly string[],
  parts?: EntryParts,
])[] = [
  ['{}', '{}', ['x-a=1', 'x-a=2', 'x-b=3']],
  ['{ remove: [X-A] }', '{}', ['x-b=3']],
  ['{ set: { X-A: 9 } }', '{}', ['x-a=9', 'x-b=3']],
  ['{ add: { x-a: 9 } }', '{}', ['x-a=1', 'x-a=2', 'x-b=3', 'x-a=9']],
  // Removed, then set, then added; those of the virtual host after those of the route.
  ['{ add: { x-a: 8 }, set: { x-a: 9 }, remove: [x-a] }', '{}', ['x-b=3', 'x-a=9', 'x-a=8']],
  ['{ set: { x-a: route } }', '{ set: { x-a: host } }', ['x-a=host', 'x-b=3']],
  ["{ set: { x-b: '%PROTOCOL% 100%%' } }", '{}', ['x-a=1', 'x-a=2', 'x-b=HTTP/2 100%']],
  // Nothing is known of it, so nothing is set.
  ["{ set: { x-b: '%REQ(NONE)%' }, add: { x-c: '%REQ(NONE)%' } }", '{}', ['x-a=1', 'x-a=2', 'x-b=3']],
  // Not a log: what is a secret goes on to whom it was meant for.
  [
    "{ set: { x-b: '%REQ(AUTHORIZATION)%' } }",
    '{}',
    ['x-a=1', 'x-a=2', 'x-b=Bearer abc'],
    { request: [['authorization', 'Bearer abc']] },
  ],
  [
    "{ set: { x-b: '%UPSTREAM_TRANSPORT_FAILURE_REASON%' } }",
    '{}',
    ['x-a=1', 'x-a=2', 'x-b=a  x-evil: 1 ä '],
    { info: { upstreamTransportFailure: 'a\r\nx-evil: 1 ä\u2028' } },
  ],
]

for (const [route, host, expected, parts] of EDITS)
  test(`${route} and ${host} make ${expected.join(', ')}`, () => {
    assert.deepEqual(edited(route, host, parts), expected)
  })
