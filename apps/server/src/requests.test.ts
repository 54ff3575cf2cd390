import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Code, type Client, type ConnectError } from '@connectrpc/connect'
import {
  Level,
  RequestGrouping,
  RequestOutcome,
  RequestProtocol,
  type GetRequestsRequest,
  type QuadrantService,
  type RequestSignals,
} from '@quadrant/proto'
import fc from 'fast-check'
import { AgentClient } from './testing/agent-client.ts'
import { secondOf } from './testing/batch.ts'
import { recordedTimes } from './testing/recorded-times.ts'
import { requestsOf } from './testing/request-batch.ts'
import { ServerProcess } from './testing/server-process.ts'
import { TemporaryDir } from './testing/temporary.ts'

const SECONDS = 40
/** Times of a histogram of scale 3 are told apart by 9 %. */
const SCALE = 3
const WIDTH = 2 ** (2 ** -SCALE)

/** What really happened, one by one. */
interface Asked {
  readonly second: number
  readonly client: number
  readonly method: string
  readonly route: string
  readonly httpStatus: number
  readonly grpcStatus: number
  readonly ns: number
}

const [ASKED] = fc.sample(
  fc.array(
    fc.record({
      second: fc.integer({ min: 0, max: SECONDS - 1 }),
      // web, or an address.
      client: fc.constantFrom(0, 2),
      method: fc.constantFrom('GET', 'POST'),
      route: fc.constantFrom('/users/{id}', '/carts', '/shop.Cart/Add'),
      httpStatus: fc.constantFrom(200, 200, 200, 404, 503),
      grpcStatus: fc.constantFrom(0, 5, 14),
      ns: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 20_000, max: 900_000 }),
        fc.integer({ min: 1, max: 2e9 }),
      ),
    }),
    { minLength: 1200, maxLength: 1200 },
  ),
  { seed: 21, numRuns: 1 },
) as [Asked[]]

const isGrpc = ({ route }: Asked) => route.startsWith('/shop')
const isError = (one: Asked) => (isGrpc(one) ? one.grpcStatus === 14 : one.httpStatus === 503)
const isClientError = (one: Asked) => (isGrpc(one) ? one.grpcStatus === 5 : one.httpStatus === 404)

/** The last of the seconds has ended by now, and none is older than what the finest tier keeps. */
const base = Math.floor(Date.now() / 1000) - SECONDS - 5
const range = { startNs: base * 1e9, endNs: (base + SECONDS) * 1e9 }

function batchOf(second: number) {
  const groups = Object.groupBy(
    ASKED.filter((one) => one.second === second),
    ({ client, method, route, httpStatus, grpcStatus }) =>
      JSON.stringify({ client, method, route, httpStatus, grpcStatus }),
  )
  const series = Object.values(groups).flatMap((alike = []) => {
    const [one] = alike
    if (!one) return []
    const { client, method, route } = one
    return {
      client,
      server: 1,
      serverPort: 8080,
      method,
      route,
      // Both are in the key, so that none comes twice in a batch.
      httpStatus: one.httpStatus,
      grpcStatus: one.grpcStatus,
      protocol: isGrpc(one) ? RequestProtocol.GRPC : RequestProtocol.HTTP1,
      outcome: RequestOutcome.ANSWERED,
      count: alike.length,
      requestBytes: alike.length * 10,
      durations: recordedTimes(
        alike.map(({ ns }) => ns),
        SCALE,
      )!,
    }
  })
  const edge = (client: number) => ({
    client,
    server: 1,
    protocol: 6 as const,
    serverPort: 8080,
    active: 1,
    bytesToServer: 10,
  })
  const startNs = (base + second) * 1e9
  const captures = [0, 1].map((i) => ({
    client: 0,
    server: 1,
    serverPort: 8080,
    startNs: startNs + i * 1e8,
    responseEndNs: (second + 1) * 1e6,
    clientAddress: Uint8Array.of(127, 0, 0, 1),
    serverAddress: Uint8Array.of(10, 0, 0, 7),
    clientPort: 40_000 + second,
    protocol: RequestProtocol.HTTP1,
    outcome: i === 0 ? RequestOutcome.ANSWERED : RequestOutcome.ABORTED,
    process: 2,
    method: 'GET',
    route: '/users/{id}',
    httpStatus: second % 10 === 0 ? 500 : 200,
    target: `/users/${second * 2 + i}`,
    requestHeaders: [{ name: 'x-trace-sampling', value: 'high' }],
    traceId: new Uint8Array(16).fill(second),
    rule: 'high',
  }))
  return {
    ...secondOf(0, {
      edges: [edge(0), edge(2)],
      requests: requestsOf(0, {
        series,
        captures,
        opaque: [
          { client: 0, server: 1, serverPort: 8080, label: 'tls', name: 'shop.example', connections: 1 },
        ],
      }),
    }),
    startNs,
    endNs: startNs + 1e9,
  }
}

const dir = new TemporaryDir()
let server: ServerProcess
let api: Client<typeof QuadrantService>

before(async () => {
  server = await ServerProcess.start(dir.path)
  await using agent = new AgentClient(dir.path)
  await agent.hello()
  for (let second = 0; second < SECONDS; second++)
    agent.send({ case: 'frame', value: { seq: second + 1, batch: batchOf(second) } })
  for (let second = 0; second < SECONDS; second++) {
    const { body } = await agent.receive()
    assert.equal(body.case, 'ack')
  }
  api = server.api
})
after(async () => {
  await server[Symbol.asyncDispose]()
  dir[Symbol.dispose]()
})

/** Holds signals against those that there really were. */
function check(signals: RequestSignals | undefined, asked: readonly Asked[], what: string): void {
  assert.ok(signals, what)
  assert.equal(signals.requests, asked.length, what)
  assert.equal(signals.errors, asked.filter(isError).length, what)
  assert.equal(signals.clientErrors, asked.filter(isClientError).length, what)
  assert.equal(signals.errorShare, signals.errors / signals.requests, what)
  assert.equal(signals.requestBytes, asked.length * 10, what)
  assert.equal(signals.timed, asked.length, what)
  const sorted = asked.map(({ ns }) => ns).sort((a, b) => a - b)
  assert.equal(signals.maxNs, sorted.at(-1), what)
  for (const [share, ns] of [
    [0.5, signals.p50Ns],
    [0.9, signals.p90Ns],
    [0.95, signals.p95Ns],
    [0.99, signals.p99Ns],
  ] as const) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1]!
    const isNear = exact === 0 ? ns === 0 : ns <= exact * WIDTH * 1.000001 && ns >= exact / WIDTH / 1.000001
    assert.ok(isNear, `${what}, p${share * 100}: ${ns} of ${exact}`)
  }
}

test('the map tells how its edges’ requests fared', async () => {
  for (const level of [Level.SERVICE, Level.PROCESS]) {
    const { edges } = await api.getMap({ range, level })
    assert.equal(edges.length, 2)
    for (const edge of edges) {
      const client = edge.client.startsWith('addr:') ? 2 : 0
      const own = ASKED.filter((one) => one.client === client)
      check(edge.requests, own, edge.id)
      assert.equal(edge.requests!.requestsPerSecond, own.length / SECONDS)
      assert.equal(edge.requests!.durations, undefined)
      const one = await api.getEdge({ id: edge.id, range, level })
      check(one.edge!.requests, own, edge.id)
    }
  }
  const { edges } = await api.getService({ subject: 'db', range })
  assert.equal(
    edges.reduce((sum, { requests }) => sum + requests!.requests, 0),
    ASKED.length,
  )
})

test('requests by edge, by route, over time, and all together', async () => {
  const groupings: [RequestGrouping, (one: Asked) => string, number][] = [
    [RequestGrouping.EDGE, ({ client }) => (client === 0 ? 'svc:web' : 'addr:10.0.0.7'), 2],
    [RequestGrouping.ROUTE, ({ method, route }) => `${method} ${route}`, 6],
  ]
  for (const [grouping, nameOf, count] of groupings) {
    const found = await api.getRequests({ range, grouping, maxPoints: SECONDS })
    check(found.total, ASKED, 'total')
    assert.equal(found.seconds, SECONDS)
    assert.equal(found.groups.length, count)
    for (const { client, method, route, server: served, serverPort, signals, endings } of found.groups) {
      const name = grouping === RequestGrouping.EDGE ? client : `${method} ${route}`
      assert.deepEqual([served, serverPort], ['svc:db', 8080])
      check(
        signals,
        ASKED.filter((one) => nameOf(one) === name),
        name,
      )
      assert.equal(
        endings.reduce((sum, ending) => sum + ending.count, 0),
        signals!.requests,
      )
    }
    assert.equal(found.pointSeconds, 1)
    assert.ok(found.points.length > SECONDS - 5)
    for (const { timeNs, signals } of found.points)
      check(
        signals,
        ASKED.filter(({ second }) => (base + second) * 1e9 === timeNs),
        `at ${timeNs}`,
      )
    assert.deepEqual(found.nodes.map(({ id }) => id).sort(), ['addr:10.0.0.7', 'svc:db', 'svc:web'])
    const [opaque] = found.opaque
    assert.deepEqual(
      [opaque!.client, opaque!.server, opaque!.label, opaque!.name, opaque!.connections],
      ['svc:web', 'svc:db', 'tls', 'shop.example', SECONDS],
    )
  }
})

type Narrowing = Partial<Pick<GetRequestsRequest, 'edge' | 'client' | 'server' | 'query' | 'level'>>

test('what is asked for narrows them', async () => {
  const rows: [Narrowing, (one: Asked) => boolean][] = [
    [{ client: 'svc:web' }, ({ client }) => client === 0],
    [{ client: 'proc:alpha/1@1', server: 'svc:db' }, ({ client }) => client === 0],
    [{ client: 'addr:10.0.0.7', level: Level.PROCESS }, ({ client }) => client === 2],
    [{ edge: 'svc:web>svc:db>tcp>8080' }, ({ client }) => client === 0],
    [{ query: 'from:web route:/carts' }, ({ client, route }) => client === 0 && route === '/carts'],
    [
      { query: 'not:route:/users/* method:post' },
      (one) => !one.route.startsWith('/users') && one.method === 'POST',
    ],
    [{ query: 'status:5xx' }, ({ httpStatus }) => httpStatus === 503],
    [{ query: 'status:error' }, isError],
    [{ query: 'status:client-error,ok' }, (one) => !isError(one)],
    [{ query: 'status:errors' }, isError],
    [{ query: 'grpc:unavailable' }, ({ grpcStatus }) => grpcStatus === 14],
    [{ query: 'proto:grpc *shop*' }, isGrpc],
    [{ query: 'port:8080 outcome:answered host:alpha' }, () => true],
  ]
  for (const [request, isAsked] of rows) {
    const { total } = await api.getRequests({ range, ...request })
    check(total, ASKED.filter(isAsked), JSON.stringify(request))
  }
  for (const query of ['route:/nothing', 'from:nobody', 'port:1']) {
    const { total, groups } = await api.getRequests({
      range,
      query,
      grouping: RequestGrouping.ROUTE,
      maxPoints: 9,
    })
    assert.deepEqual([total!.requests, total!.p99Ns, groups.length], [0, 0, 0])
  }
})

test('histograms come where they are asked for; groups over the limit are counted', async () => {
  const { total, groups, groupsOmitted, points, pointSeconds } = await api.getRequests({
    range,
    grouping: RequestGrouping.ROUTE,
    limit: 2,
    maxPoints: 5,
    withHistograms: true,
  })
  assert.deepEqual([groups.length, groupsOmitted, pointSeconds], [2, 4, 10])
  assert.ok(groups[0]!.signals!.requests >= groups[1]!.signals!.requests)
  for (const { durations, timed } of [
    total!,
    ...groups.map(({ signals }) => signals!),
    ...points.map(({ signals }) => signals!),
  ])
    assert.equal(
      durations!.counts.reduce((sum, count) => sum + count, durations!.zeroCount),
      timed,
    )
  assert.deepEqual(
    { ...total!.durations!, $typeName: undefined },
    {
      ...recordedTimes(
        ASKED.map(({ ns }) => ns),
        total!.durations!.scale,
      ),
      $typeName: undefined,
    },
  )
  assert.equal(
    points.reduce((sum, { signals }) => sum + signals!.requests, 0),
    ASKED.length,
  )
})

test('captures come newest first, page by page, and what is new is told alone', async () => {
  const targets: string[] = []
  let next = 0
  let pages = 0
  do {
    const page = await api.listRequests({ range, limit: 9, before: next })
    assert.ok(page.requests.length <= 9)
    targets.push(...page.requests.map(({ request }) => request!.target))
    next = page.nextBefore
    pages++
  } while (next !== 0)
  assert.deepEqual(
    targets,
    Array.from({ length: 2 * SECONDS }, (_, i) => `/users/${2 * SECONDS - 1 - i}`),
  )
  assert.equal(pages, Math.ceil((2 * SECONDS) / 9))
  const { requests, kept, keptLimit } = await api.listRequests({ range, limit: 3 })
  assert.deepEqual([kept, keptLimit], [2 * SECONDS, 20_000])
  const newer = await api.listRequests({ range, after: requests.at(-1)!.id })
  assert.deepEqual(
    newer.requests.map(({ id }) => id),
    requests.slice(0, 2).map(({ id }) => id),
  )
  const [{ request, ...one }] = requests as [(typeof requests)[number]]
  assert.deepEqual(
    [one.host, one.client, one.server, one.clientService, one.serverPid, one.process, one.durationNs],
    ['alpha', 'proc:alpha/1@1', 'proc:alpha/2@1', 'web', 2, 'proc:alpha/2@1', SECONDS * 1e6],
  )
  assert.deepEqual([one.clientAddress, one.serverAddress], ['127.0.0.1', '10.0.0.7'])
  assert.deepEqual(
    request!.requestHeaders.map(({ name, value }) => [name, value]),
    [['x-trace-sampling', 'high']],
  )
})

test('captures are asked for by their fields', async () => {
  const counts: [query: string, count: number][] = [
    ['status:5xx', 8],
    ['outcome:aborted', SECONDS],
    ['status:error', SECONDS + 4],
    ['target:/users/7', 1],
    ['duration:>38.5', 4],
    ['header:x-trace-sampling rule:high', 2 * SECONDS],
    [`trace:${'07'.repeat(16)}`, 2],
    ['pid:2 ip:10.0.0.7', 2 * SECONDS],
    ['from:db', 0],
    ['/users/11', 1],
  ]
  for (const [query, count] of counts)
    assert.equal((await api.listRequests({ range, query, limit: 1000 })).requests.length, count, query)
})

test('what can’t be answered is refused with what to do', async () => {
  const rows: [() => Promise<unknown>, Code, RegExp][] = [
    [
      () => api.getRequests({ range, query: 'rout:/x' }),
      Code.InvalidArgument,
      /unknown field `rout`; try route:/,
    ],
    [() => api.getRequests({ range, query: 'target:/x' }), Code.InvalidArgument, /unknown field `target`/],
    [() => api.listRequests({ range, query: 'path:/x' }), Code.InvalidArgument, /unknown field `path`/],
    [() => api.getRequests({ range, edge: 'svc:web>svc:nobody>tcp>1' }), Code.NotFound, /no edge svc:web/],
  ]
  for (const [run, code, message] of rows)
    await assert.rejects(run, (error: ConnectError) => error.code === code && message.test(error.message))
  const odd = [
    { startNs: Number.NaN, endNs: Infinity },
    { startNs: 2e30, endNs: 1 },
    { startNs: -5, endNs: -9 },
  ]
  for (const strange of odd) {
    await api.getRequests({
      range: strange,
      grouping: RequestGrouping.EDGE,
      maxPoints: 2 ** 32 - 1,
      limit: 2 ** 32 - 1,
    })
    await api.listRequests({ range: strange, before: Number.NaN, after: -Infinity, limit: 2 ** 32 - 1 })
  }
})
