import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { removeHopByHop } from './connection-options.ts'

function check(
  fields: readonly (readonly [string, string])[],
  left: readonly string[],
  isUpgrading = false,
): void {
  const headers = HeaderMap.of([[':method', 'GET'], ...fields])
  removeHopByHop(headers, isUpgrading)
  assert.deepEqual(
    [...headers].slice(1).map(([name, value]) => `${name}: ${value}`),
    left,
  )
}

test('fields of one connection do not go on to the next', () => {
  check(
    [
      ['connection', 'keep-alive, X-One'],
      ['keep-alive', 'timeout=5'],
      ['x-one', '1'],
      ['connection', 'x-two'],
      ['x-two', '2'],
      ['proxy-connection', 'keep-alive'],
      ['transfer-encoding', 'chunked'],
      ['x-three', '3'],
    ],
    ['x-three: 3'],
  )
})

test('TE goes on as far as it speaks of trailers', () => {
  check([['te', 'gzip, trailers']], ['te: trailers'])
  check([['te', 'gzip']], [])
})

test('Upgrade goes on where the exchange upgrades', () => {
  const fields = [
    ['connection', 'Upgrade'],
    ['upgrade', 'websocket'],
  ] as const
  check(fields, [])
  check(fields, ['upgrade: websocket'], true)
})

test('Connection takes nothing away that is meant for whoever answers', () => {
  check(
    [
      ['connection', ':method, Content-Length, Cookie, Authorization, X-Forwarded-For, close'],
      ['content-length', '5'],
      ['cookie', 'a=b'],
      ['authorization', 'Bearer a'],
      ['x-forwarded-for', '10.0.0.1'],
    ],
    ['content-length: 5', 'cookie: a=b', 'authorization: Bearer a', 'x-forwarded-for: 10.0.0.1'],
  )
})

test('as many options as a head has room for cost no more than that', () => {
  const options = Array.from({ length: 10_000 }, (_, i) => `x-${i}`).join()
  check(
    [
      ['connection', options],
      ['x-9999', '1'],
      ['x-10000', '2'],
    ],
    ['x-10000: 2'],
  )
})
