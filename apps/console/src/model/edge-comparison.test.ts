import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMaps } from './comparison.ts'
import { compareEdge } from './edge-comparison.ts'
import { madeMap } from './made-map.fixture.ts'

const B = madeMap([
  { path: 'web>db', totals: { bytesToServer: 6000, opened: 60, srttUsSum: 400, srttSamples: 4 } },
  { path: 'web>old', totals: { bytesToServer: 60 } },
])
const A = madeMap([{ path: 'web>db', totals: { bytesToServer: 24_000, opened: 30, failed: 60 } }])

test('the numbers of an edge stand beside each other with their ratio', () => {
  assert.deepEqual(compareEdge(compareMaps(A, B), 'web>db>80'), [
    { name: 'To server', a: '400 B/s', b: '100 B/s', ratio: '× 4' },
    { name: 'Opened', a: '0.50/s', b: '1/s', ratio: '÷ 2' },
    { name: 'Failed', a: '1/s', b: '0/s', ratio: 'from none' },
    { name: 'Round trip', a: '–', b: '100 µs', ratio: '' },
  ])
})

test('requests are compared as connections are', () => {
  const requests = {
    requests: 60,
    requestsPerSecond: 1,
    errors: 3,
    errorShare: 0.05,
    timed: 60,
    p50Ns: 1e6,
    p99Ns: 4e6,
  }
  const a = madeMap([{ path: 'web>db', requests: { ...requests, requestsPerSecond: 2, p99Ns: 12e6 } }])
  const b = madeMap([{ path: 'web>db', requests }])
  assert.deepEqual(
    compareEdge(compareMaps(a, b), 'web>db>80').map(({ name, a, b, ratio }) => [name, a, b, ratio]),
    [
      ['Requests', '2/s', '1/s', '× 2'],
      ['Request errors', '5.00 %', '5.00 %', 'same'],
      ['Median time', '1.00 ms', '1.00 ms', 'same'],
      ['p99 time', '12.0 ms', '4.00 ms', '× 3'],
    ],
  )
})

test('an edge that is gone has no numbers in A', () => {
  assert.deepEqual(compareEdge(compareMaps(A, B), 'web>old>80'), [
    { name: 'To server', a: '–', b: '1 B/s', ratio: '' },
  ])
})

test('bytes that are not counted are not compared', () => {
  const map = madeMap([{ path: 'web>dns', totals: { bytesUnknown: true, messagesToServer: 120 } }])
  assert.deepEqual(compareEdge(compareMaps(map, map), 'web>dns>80'), [
    { name: 'Messages', a: '2/s', b: '2/s', ratio: 'same' },
  ])
})
