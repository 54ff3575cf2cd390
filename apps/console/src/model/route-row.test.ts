import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { RequestGroupSchema, RequestProtocol } from '@quadrant/proto'
import {
  bandLevels,
  formatRouteSort,
  parseRouteSort,
  pressRouteSort,
  ROUTE_SORT,
  sortRoutes,
  toRouteRows,
} from './route-row.ts'

const group = (route: string, requests: number, errorShare: number, p99Ns: number) =>
  create(RequestGroupSchema, {
    id: `id ${route}`,
    route,
    method: 'GET',
    protocol: RequestProtocol.HTTP1,
    signals: {
      requests,
      errorShare,
      p99Ns,
      timed: 1,
      durations: { scale: 0, offset: 19, counts: [1], minNs: p99Ns, maxNs: p99Ns },
    },
  })

const { rows, leastNs, mostNs } = toRouteRows([
  group('/b', 10, 0.5, 2e6),
  group('/a', 10, 0, 9e6),
  group('~other', 400, 0, 3e6),
  group('', 2, 0.5, 1e9),
])
const order = (sort: string) => sortRoutes(rows, parseRouteSort(sort)).map(({ route }) => route)

test('routes are sorted by any column, both ways, and equal ones by their rate', () => {
  assert.deepEqual(order(''), ['~other', '/a', '/b', 'not readable'])
  assert.deepEqual(order('-rate'), ['not readable', '/a', '/b', '~other'])
  assert.deepEqual(order('errors'), ['/b', 'not readable', '~other', '/a'])
  assert.deepEqual(order('p99'), ['not readable', '/a', '~other', '/b'])
  assert.deepEqual(order('route'), ['/a', '/b', 'not readable', '~other'])
  assert.deepEqual(order('-route'), ['~other', 'not readable', '/b', '/a'])
})

test('an order comes back from the address, and what is none is the usual one', () => {
  for (const text of ['', '-rate', 'p99', '-p99', 'route', '-route', 'errors', 'refused', 'max', 'p50'])
    assert.equal(formatRouteSort(parseRouteSort(text)), text)
  for (const text of ['nothing', 'toString', '--p99', 'p99 ', 'rate']) {
    assert.deepEqual(parseRouteSort(text), ROUTE_SORT, text)
    assert.equal(formatRouteSort(parseRouteSort(text)), '')
  }
})

test('pressing a column sorts by it, and once more turns it round', () => {
  const once = pressRouteSort(ROUTE_SORT, 'p99')
  assert.deepEqual(once, { id: 'p99', descending: true })
  assert.deepEqual(pressRouteSort(once, 'p99'), { id: 'p99', descending: false })
  assert.deepEqual(pressRouteSort(once, 'route'), { id: 'route', descending: false })
  assert.deepEqual(pressRouteSort(once, 'bands'), once)
})

test('the times of all routes are bands of one scale', () => {
  assert.deepEqual([leastNs, mostNs], [1e6, 1e9])
  // 2^19.5 ns is 0.74 ms, below the scale: it is told to the first band.
  assert.deepEqual(rows[0]!.bands, [4, ...Array<number>(23).fill(0)])
  assert.deepEqual(bandLevels([0, 1, 25, 100]), [0, 1, 2, 4])
})
