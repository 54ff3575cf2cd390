import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { virtualHostOf } from '../testing/gateway-spec.ts'
import { compileRoutes } from './compile-routes.ts'
import { redirectLocation, tlsLocation } from './redirect-location.ts'
import { rewriteHost, rewritePath } from './rewrite-request.ts'

function routed(route: string, path: string, authority = 'shop.example') {
  const headers = HeaderMap.of([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', authority],
    [':path', path],
  ])
  const found = compileRoutes([virtualHostOf(`[{ name: r, ${route} }]`)]).match(headers)
  assert.ok(found)
  return { route: found, headers }
}

const REWRITES: readonly (readonly [match: string, rewrite: string, path: string, result: string])[] = [
  ['prefix: /shop', 'prefix: /', '/shop/cart?x=1', '/cart?x=1'],
  ['prefix: /shop', 'prefix: /', '/shop', '/'],
  ['prefix: /shop', 'prefix: /', '/shop?x', '/?x'],
  ['prefix: /shop', 'prefix: /store', '/shop/a', '/store/a'],
  ['prefix: /shop/', 'prefix: /store/', '/shop/a', '/store/a'],
  ['prefix: /shop, segment: false', 'prefix: /x', '/shopping', '/xping'],
  ['prefix: /Shop, ignore_case: true', 'prefix: /s', '/sHOP/A', '/s/A'],
  ['path: /old', 'prefix: /new', '/old?a', '/new?a'],
  ['prefix: /', 'prefix: /new', '/a?b', '/new/a?b'],
  ['prefix: /', 'prefix: /new', '/?b', '/new?b'],
  ['prefix: /', 'path: /all', '/a/b?c', '/all?c'],
  [
    'prefix: /',
    "regex: '^/u/([^/]+)/(.*)$', substitution: '/\\2/of/\\1'",
    '/u/joe/cart?u/x',
    '/cart/of/joe?u/x',
  ],
  ['prefix: /', "regex: '^/', substitution: ''", '/a', '/a'],
  ['prefix: /', 'regex: b, substitution: x', '/a', '/a'],
]

for (const [match, rewrite, path, result] of REWRITES)
  test(`{ ${match} } with { ${rewrite} } makes ${result} of ${path}`, () => {
    const { route, headers } = routed(
      `match: { ${match} }, forward: { cluster: a, rewrite: { ${rewrite} } }`,
      path,
    )
    rewritePath(route, headers)
    assert.equal(headers.get(':path'), result)
    assert.equal(headers.get('x-envoy-original-path'), result === path ? undefined : path)
  })

test('the host comes from the configuration, the endpoint or a header', () => {
  const { headers } = routed('match: { prefix: / }, respond:', '/')
  rewriteHost(undefined, headers, 'endpoint.internal')
  assert.equal(headers.get(':authority'), 'shop.example')
  rewriteHost({ kind: 'endpoint' }, headers, 'endpoint.internal')
  assert.equal(headers.get(':authority'), 'endpoint.internal')
  rewriteHost({ kind: 'endpoint' }, headers, '::1')
  assert.equal(headers.get(':authority'), '[::1]')
  rewriteHost({ kind: 'literal', host: 'x:80' }, headers, '')
  assert.equal(headers.get(':authority'), 'x:80')
  headers.append('x-host', 'a/b@c')
  rewriteHost({ kind: 'header', name: 'x-host' }, headers, '')
  assert.equal(headers.get(':authority'), 'x:80', 'what is no host is not taken')
  headers.set('x-host', 'tenant.example')
  rewriteHost({ kind: 'header', name: 'x-host' }, headers, '')
  assert.equal(headers.get(':authority'), 'tenant.example')
})

const REDIRECTS: readonly (readonly [redirect: string, authority: string, path: string, location: string])[] =
  [
    ['https: true', 'shop.example', '/a?b', 'https://shop.example/a?b'],
    ['https: true', 'shop.example:80', '/', 'https://shop.example/'],
    ['https: true', 'shop.example:8080', '/', 'https://shop.example:8080/'],
    ['https: true, port: 8443', 'shop.example:8080', '/', 'https://shop.example:8443/'],
    ['https: true, port: 443', 'shop.example:8080', '/', 'https://shop.example/'],
    ['https: true', '[::1]:80', '/', 'https://[::1]/'],
    ['host: www.example', 'shop.example:8080', '/a', 'http://www.example/a'],
    ['host: www.example, drop_query: true', 'shop.example', '/a?b', 'http://www.example/a'],
    ['rewrite: { path: /new }', 'shop.example', '/a?b', 'http://shop.example/new?b'],
    ['rewrite: { prefix: /new }', 'shop.example', '/a/b', 'http://shop.example/new/a/b'],
  ]

for (const [redirect, authority, path, location] of REDIRECTS)
  test(`{ ${redirect} } sends ${authority}${path} to ${location}`, () => {
    const { route, headers } = routed(`match: { prefix: / }, redirect: { ${redirect} }`, path, authority)
    assert.equal(redirectLocation(route, headers, 'http'), location)
  })

test('a virtual host with TLS only sends plain requests there', () => {
  const { headers } = routed('match: { prefix: / }, respond:', '/a?b', 'shop.example:80')
  assert.equal(tlsLocation(headers), 'https://shop.example/a?b')
})
