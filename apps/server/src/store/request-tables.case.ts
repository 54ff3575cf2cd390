import assert from 'node:assert/strict'
import {
  RequestOutcome,
  RequestProtocol,
  type RequestCaptureSchema,
  type RequestSeriesSchema,
} from '@quadrant/proto'
import type { MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { EPOCH, processOf, secondOf, type BatchInit } from '../testing/batch.ts'
import { checked } from '../testing/checked.ts'
import { IDENTITY, plain, type RunCase } from '../testing/opened-store.ts'
import { recordedTimes } from '../testing/recorded-times.ts'
import { requestsOf, type RequestInit } from '../testing/request-batch.ts'
import { timedCount } from './durations.ts'
import { TIERS, TIER_RETENTION_SECONDS } from './rollup.ts'
import { floorTo, planSpans } from './span.ts'
import type { Store } from './store.ts'

type SeriesInit = MessageInitShape<typeof RequestSeriesSchema>
type CaptureInit = MessageInitShape<typeof RequestCaptureSchema>

const ENDS = {
  client: 0,
  server: 1,
  serverPort: 8080,
  protocol: RequestProtocol.HTTP1,
  outcome: RequestOutcome.ANSWERED,
}
const EVERYTHING = { startNs: 0, endNs: Infinity }
const PAGE = { range: EVERYTHING, after: 0, before: Number.MAX_SAFE_INTEGER, limit: 1000 }

function told(second: number, requests: RequestInit, init: BatchInit = {}) {
  return checked(secondOf(second, { requests: requestsOf(second, requests), ...init }))
}

function series(init: SeriesInit): SeriesInit {
  return { ...ENDS, method: 'GET', route: '/', httpStatus: 200, count: 1, ...init }
}

/** Sums of all series by what `nameOf` calls them. */
async function sumsOf(store: Store, from = 0, to = 10_000) {
  const { spans } = planSpans(EPOCH + from, EPOCH + to, EPOCH + to)
  const keys = new Map((await store.requests.keys()).map((key) => [key.id, key]))
  const sums = await store.requests.sums(spans, [...keys.keys()])
  return [...sums].map(([id, totals]) => ({ key: keys.get(id)!, totals }))
}

/** What every store does with requests. */
export function requestCases(run: RunCase): void {
  void run('requests of every tier and range are what a naive sum gives, times included', async (store) => {
    const { id } = await store.agent(IDENTITY)
    const [frames] = fc.sample(
      fc.array(
        fc.array(
          fc.record({
            route: fc.constantFrom('/a', '/b'),
            httpStatus: fc.constantFrom(200, 404, 503),
            times: fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 5 }),
            scale: fc.constantFrom(1, 2, 3),
          }),
          { maxLength: 3 },
        ),
        { minLength: 150, maxLength: 150 },
      ),
      { seed: 9, numRuns: 1 },
    )
    for (const [second, each] of frames!.entries())
      await store.commit(
        id,
        second + 1,
        told(second, {
          captures: [],
          opaque: [
            { client: 0, server: 1, serverPort: 443, label: 'tls', connections: 2, bytesToServer: second },
          ],
          series: each.map(({ route, httpStatus, times, scale }, i) =>
            series({
              // Each key comes once in a batch.
              route: `${route}/${i}`,
              httpStatus,
              count: times.length,
              responseBytes: 10,
              durations: recordedTimes(times, scale)!,
            }),
          ),
        }),
      )
    for (const [from, to] of [
      [0, 150],
      [7, 83],
      [59, 62],
    ] as const) {
      const all = frames!.slice(from, to).flat()
      const sums = await sumsOf(store, from, to)
      const sumOf = (field: 'requests' | 'errors' | 'clientErrors' | 'responseBytes') =>
        sums.reduce((sum, { totals }) => sum + totals[field], 0)
      const count = (some: typeof all) => some.reduce((sum, { times }) => sum + times.length, 0)
      assert.equal(sumOf('requests'), count(all))
      assert.equal(sumOf('errors'), count(all.filter(({ httpStatus }) => httpStatus === 503)))
      assert.equal(sumOf('clientErrors'), count(all.filter(({ httpStatus }) => httpStatus === 404)))
      assert.equal(sumOf('responseBytes'), 10 * all.length)
      const { spans } = planSpans(EPOCH + from, EPOCH + to, EPOCH + to)
      const [edge] = [...(await store.requests.edgeSums(spans)).values()]
      assert.equal(edge!.requests, count(all))
      const times = all.flatMap((one) => one.times)
      assert.deepEqual(edge!.durations, recordedTimes(times, edge!.durations!.scale))
      const [opaque] = await store.requests.opaque(spans)
      assert.equal(opaque!.connections, 2 * (to - from))
      assert.equal(opaque!.bytesToServer, ((to - 1 + from) * (to - from)) / 2)
      const ids = (await store.requests.keys()).map((key) => key.id)
      for (const some of [ids, ids.slice(0, 1)])
        for (const tier of TIERS) {
          const span = { tier, from: floorTo(EPOCH, tier), to: EPOCH + 3600 }
          const points = await store.requests.points(some, span, tier * 2)
          const sum = points.reduce((total, { totals }) => total + totals.requests, 0)
          const all150 = (await store.requests.sums([span], some))
            .values()
            .reduce((a, b) => a + b.requests, 0)
          assert.equal(sum, all150)
          assert.ok(
            points.every(({ time }, i) => time % (tier * 2) === 0 && (i === 0 || time > points[i - 1]!.time)),
          )
        }
    }
  })

  void run(
    'a frame told again changes nothing, and all is there after opening again',
    async (store, { reopen }) => {
      const { id } = await store.agent(IDENTITY)
      const batch = told(0, {})
      assert.equal((await store.commit(id, 1, batch)).applied, true)
      assert.equal((await store.commit(id, 1, batch)).applied, false)
      for (const get of [async () => store, reopen]) {
        const one = await get()
        const [sum] = await sumsOf(one)
        assert.equal(sum!.totals.requests, 5)
        assert.equal(timedCount(sum!.totals.durations), 4)
        const captures = await one.requests.captures(PAGE)
        assert.equal(captures.length, 1)
        const { client, server, process, request } = captures[0]!
        assert.equal(client?.kind === 'process' && client.process.service, 'web')
        assert.equal(server?.kind === 'process' && server.process.service, 'db')
        assert.equal(process?.pid, 1)
        assert.equal(request.target, '/users/12?page=2')
        const { requestSeries, captures: kept, captureBytes } = await one.size()
        assert.deepEqual([requestSeries, kept], [1, 1])
        assert.ok(captureBytes > 200 && captureBytes < 600, `${captureBytes}`)
      }
    },
  )

  void run('statuses are told apart by whose fault they were', async (store) => {
    const { id } = await store.agent(IDENTITY)
    const gRPC = { protocol: RequestProtocol.GRPC, httpStatus: 200 }
    const rows: [SeriesInit, string][] = [
      [{ httpStatus: 200 }, 'ok'],
      [{ httpStatus: 0 }, 'ok'],
      [{ httpStatus: 302 }, 'ok'],
      [{ httpStatus: 101, outcome: RequestOutcome.UPGRADED }, 'ok'],
      [{ httpStatus: 404 }, 'client'],
      [{ httpStatus: 500 }, 'error'],
      [{ httpStatus: 599 }, 'error'],
      [{ httpStatus: 999 }, 'ok'],
      [{ httpStatus: 200, outcome: RequestOutcome.ABORTED }, 'error aborted'],
      [{ ...gRPC, grpcStatus: 0 }, 'ok'],
      [{ ...gRPC }, 'ok'],
      [{ ...gRPC, httpStatus: 502 }, 'error'],
      // NOT_FOUND, UNAVAILABLE, CANCELLED, INTERNAL.
      [{ ...gRPC, grpcStatus: 5 }, 'client'],
      [{ ...gRPC, grpcStatus: 14 }, 'error'],
      [{ ...gRPC, grpcStatus: 1 }, 'client'],
      [{ ...gRPC, grpcStatus: 13 }, 'error'],
    ]
    await store.commit(
      id,
      1,
      told(0, { series: rows.map(([init], i) => series({ ...init, route: `/${i}` })) }),
    )
    const found = (await sumsOf(store))
      .toSorted((a, b) => a.key.id - b.key.id)
      .map(({ totals: { errors, clientErrors, aborted } }) =>
        errors > 0 ? `error${aborted > 0 ? ' aborted' : ''}` : clientErrors > 0 ? 'client' : 'ok',
      )
    assert.deepEqual(
      found,
      rows.map(([, expected]) => expected),
    )
  })

  void run(
    'over the limit of series routes are not told apart, and idle ones make room',
    async (store, { reopen }) => {
      const { id } = await store.agent(IDENTITY)
      const many = (prefix: string) =>
        Array.from({ length: 15 }, (_, i) => series({ route: `/${prefix}/${i}`, httpStatus: 200 + (i % 3) }))
      await store.commit(id, 1, told(0, { series: many('a') }))
      const { drops } = await store.commit(id, 2, told(1, { series: many('b') }))
      assert.deepEqual(drops, [{ stage: 'server.requests', reason: 'series-limit', count: 10 }])
      await store.commit(id, 3, told(200, { series: [series({ route: '/b/1', httpStatus: 201 })] }))
      await store.retain(EPOCH + 201)
      for (const get of [async () => store, reopen]) {
        const one = await get()
        const sums = await sumsOf(one)
        assert.equal(
          sums.reduce((sum, { totals }) => sum + totals.requests, 0),
          31,
        )
        const other = sums.find(({ key }) => key.route === '~other')!
        assert.deepEqual([other.key.httpStatus, other.key.method], [200, '~other'])
        // Ten over the limit, and seven folded: of 21 keys 14 are left.
        assert.equal(other.totals.requests, 17)
        assert.equal(sums.length, 14)
        assert.ok(sums.some(({ key }) => key.route === '/b/1'))
      }
    },
    { requestSeries: 20 },
  )

  void run(
    'statuses that nobody knows do not get around the limit, nor do names of servers',
    async (store) => {
      const { id } = await store.agent(IDENTITY)
      const many = (second: number) => ({
        series: Array.from({ length: 40 }, (_, i) =>
          series({
            method: '~other',
            route: '~other',
            protocol: RequestProtocol.GRPC,
            grpcStatus: 100 + second * 100 + i,
            httpStatus: 200 + i,
          }),
        ),
        opaque: Array.from({ length: 40 }, (_, i) => ({
          client: 0,
          server: 1,
          serverPort: 443,
          label: 'tls',
          name: `${second}.${i}.example`,
          connections: 1,
        })),
      })
      for (let i = 0; i < 5; i++) await store.commit(id, i + 1, told(i, many(i)))
      const sums = await sumsOf(store)
      assert.equal(sums.length, 21)
      assert.equal(sums.find(({ key }) => key.grpcStatus === 2)!.totals.requests, 180)
      // gRPC takes a code that is none for UNKNOWN.
      assert.equal(
        sums.reduce((sum, { totals }) => sum + totals.errors, 0),
        200,
      )
      const { spans } = planSpans(EPOCH, EPOCH + 60, EPOCH + 60)
      const opaque = await store.requests.opaque(spans)
      assert.equal(opaque.length, 21)
      assert.equal(opaque.find(({ name }) => name === '~other')!.connections, 180)
      const drops = (await store.dropTotals()).filter(({ stage }) => stage === 'server.requests')
      assert.deepEqual(plain(drops), [
        { stage: 'server.requests', reason: 'opaque-limit', count: 180 },
        { stage: 'server.requests', reason: 'series-limit', count: 180 },
      ])
    },
    { requestSeries: 20 },
  )

  void run(
    'requests of edges that are folded are folded with them',
    async (store, { reopen }) => {
      const { id } = await store.agent(IDENTITY)
      for (let i = 0; i < 19; i++) {
        const process = { ...processOf(100 + i, 'job'), endNs: (EPOCH + i + 1) * 1e9 }
        await store.commit(
          id,
          i + 1,
          told(
            i,
            {
              series: [series({ durations: recordedTimes([1000 * (i + 1)], 3)! })],
              opaque: [{ client: 0, server: 1, serverPort: 8080, label: 'tls', connections: 1 }],
              captures: [],
            },
            {
              processes: [process, processOf(2, 'db')],
              endpoints: [
                { kind: { case: 'processKey', value: process.key } },
                { kind: { case: 'processKey', value: '2@1' } },
              ],
              edges: [{ client: 0, server: 1, protocol: 6, serverPort: 8080, opened: 1 }],
              processKeys: [],
            },
          ),
        )
      }
      await store.retain(EPOCH + 100)
      for (const get of [async () => store, reopen]) {
        const one = await get()
        const { spans } = planSpans(EPOCH, EPOCH + 60, EPOCH + 100)
        const edges = new Map((await one.edgeSums(spans)).map(({ edge }) => [edge.id, edge]))
        const byEdge = await one.requests.edgeSums(spans)
        assert.deepEqual(
          [...byEdge.keys()].sort((a, b) => a - b),
          [...edges.keys()].sort((a, b) => a - b),
        )
        const folded = edges.values().find(({ client }) => client.kind === 'ended')
        const totals = byEdge.get(folded!.id)!
        assert.equal(totals.requests, 5)
        assert.deepEqual(
          totals.durations,
          recordedTimes([1000, 2000, 3000, 4000, 5000], totals.durations!.scale),
        )
        const keys = await one.requests.keys()
        assert.deepEqual(
          [...new Set(keys.map(({ edge }) => edge))].sort((a, b) => a - b),
          [...edges.keys()].sort((a, b) => a - b),
        )
        const opaque = await one.requests.opaque(spans)
        assert.equal(opaque.find(({ edge }) => edge === folded!.id)!.connections, 5)
        assert.equal(
          opaque.reduce((sum, { connections }) => sum + connections, 0),
          19,
        )
      }
    },
    { edges: 20 },
  )

  void run(
    'captures are bounded by number and bytes, the oldest go first, and are counted',
    async (store, { reopen }) => {
      const { id } = await store.agent(IDENTITY)
      const capture = (second: number, init: CaptureInit = {}): CaptureInit => ({
        ...ENDS,
        startNs: (EPOCH + second) * 1e9,
        clientAddress: Uint8Array.of(127, 0, 0, 1),
        serverAddress: Uint8Array.of(10, 0, 0, 7),
        target: `/${second}`,
        ...init,
      })
      const commit = (second: number, captures: CaptureInit[]) =>
        store.commit(id, second + 1, told(second, { captures }))
      for (let i = 0; i < 30; i++) await commit(i, [capture(i)])
      await store.retain(EPOCH + 30)
      const targets = async (one: Store) =>
        (await one.requests.captures(PAGE)).map(({ request }) => request.target)
      assert.deepEqual((await targets(store)).length, 20)
      assert.deepEqual([(await targets(store))[0], (await targets(store)).at(-1)], ['/29', '/10'])
      await commit(
        30,
        Array.from({ length: 10 }, () =>
          capture(30, { requestHeaders: [{ name: 'x', value: 'y'.repeat(900) }] }),
        ),
      )
      await store.retain(EPOCH + 31)
      for (const get of [async () => store, reopen]) {
        const one = await get()
        const { captures, captureBytes } = await one.size()
        assert.equal(captures, (await targets(one)).length)
        assert.ok(captureBytes <= 8000 && captureBytes > 6500, `${captureBytes}`)
      }
    },
    { captures: 20, captureBytes: 8000 },
  )

  void run('requests expire with their tier, and captures after a month', async (store) => {
    const { id } = await store.agent(IDENTITY)
    await store.commit(id, 1, told(0, {}))
    const left = async () =>
      Promise.all(
        TIERS.map(async (tier) => {
          const span = { tier, from: floorTo(EPOCH, tier), to: EPOCH + 60 }
          const keys = (await store.requests.keys()).map((key) => key.id)
          const counts = [
            (await store.requests.sums([span], keys)).size,
            (await store.requests.edgeSums([span])).size,
            (await store.requests.opaque([span])).length,
          ]
          return counts.join('')
        }),
      )
    const [all, none] = ['111', '000']
    for (const [after, expected] of [
      [800, [all, all, all, all]],
      [TIER_RETENTION_SECONDS[1] + 1, [none, all, all, all]],
      [TIER_RETENTION_SECONDS[10] + 1, [none, none, all, all]],
      [TIER_RETENTION_SECONDS[60] + 1, [none, none, none, none]],
    ] as const) {
      await store.retain(EPOCH + after)
      assert.deepEqual(await left(), expected, `after ${after} s`)
    }
    assert.deepEqual(
      [(await store.requests.keys()).length, (await store.requests.captures(PAGE)).length],
      [0, 0],
    )
    const drops = plain(await store.dropTotals())
    assert.deepEqual(
      drops
        .filter(({ reason }) => /^(?:requests|captures)-/.test(reason))
        .map(({ reason, count }) => [reason, count]),
      [
        ['captures-age', 1],
        ['requests-10s-age', 3],
        ['requests-1s-age', 3],
        ['requests-3600s-age', 3],
        ['requests-60s-age', 3],
      ],
    )
  })
}
