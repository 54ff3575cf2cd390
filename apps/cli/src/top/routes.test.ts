// `quadrant top --by routes` against a server that answers as the contract says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import {
  GetRequestsResponseSchema,
  RequestGrouping,
  type GetRequestsRequest,
  type GetRequestsResponse,
} from '@quadrant/proto'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { assertGolden } from '../testing/golden.ts'
import { NOON_MS } from '../testing/made-flows.ts'
import { SHOP_ROUTES } from '../testing/made-requests.ts'
import { MadeServer } from '../testing/made-server.ts'
import { memoryContext } from '../testing/memory-context.ts'
import { runTop, type TopFlags } from './run.ts'

const FLAGS: TopFlags = { by: 'routes', sort: 'bytes', level: 'service', output: 'table' }

async function ran(answer: GetRequestsResponse, flags: Partial<TopFlags>) {
  const asked: GetRequestsRequest[] = []
  await using server = await MadeServer.start({
    getRequests(request) {
      asked.push(request)
      return answer
    },
  })
  const context = memoryContext({ nowMs: NOON_MS })
  await runTop(context, { ...FLAGS, data: server.data, ...flags })
  return { out: context.out(), err: context.err(), asked: asked[0]! }
}

test('routes are asked for by range and query, and printed once', async () => {
  const { out, err, asked } = await ran(SHOP_ROUTES, { query: 'to:cart status:error', since: '5m' })
  assertGolden('top-routes.txt', out)
  assert.equal(err, '')
  assert.deepEqual([asked.grouping, asked.query], [RequestGrouping.ROUTE, 'to:cart status:error'])
  assert.equal(asked.range!.startNs, (NOON_MS - 300_000) * 1e6)
  const json = await ran(SHOP_ROUTES, { output: 'json' })
  assert.equal(json.out, jsonDocument(jsonEncoder(GetRequestsResponseSchema)(SHOP_ROUTES)))
})

test('no request says where to look, and a wrong query is refused before anybody is asked', async () => {
  assert.match(
    (await ran(create(GetRequestsResponseSchema), {})).err,
    /no request was seen.*quadrant requests list/,
  )
  await assert.rejects(ran(SHOP_ROUTES, { query: 'rout:/x' }), /unknown field `rout`/)
})

test('on a terminal routes are drawn anew, each frame within the screen, also over a restart of the server', async (t) => {
  const asked: GetRequestsRequest[] = []
  let answer = SHOP_ROUTES
  await using server = await MadeServer.start({
    getRequests(request) {
      asked.push(request)
      return answer
    },
  })
  const end = new AbortController()
  t.after(() => end.abort())
  const context = memoryContext({ now: () => Date.now(), columns: 80, signal: end.signal })
  const until = async (condition: () => boolean, what: string) => {
    for (let tries = 0; tries < 400 && !condition(); tries++) await sleep(25)
    assert.ok(condition(), what)
  }
  const frames = () => context.out().split('\u001b[H').slice(1)
  const running = runTop(context, { ...FLAGS, sort: 'p95', data: server.data, query: 'to:cart' })
  await until(() => frames().length >= 1, 'a first frame')
  assert.match(frames()[0]!, /routes by p95, last 10 s {3}q ends/)
  assert.match(frames()[0]!, /\/carts\/\{id\}.*4\.10 ms/)
  assert.deepEqual([asked[0]!.grouping, asked[0]!.query], [RequestGrouping.ROUTE, 'to:cart'])

  const many = create(GetRequestsResponseSchema, {
    ...SHOP_ROUTES,
    groups: Array.from({ length: 300 }, (_, i) => ({ ...SHOP_ROUTES.groups[0]!, route: `/r${i}` })),
    opaque: Array.from({ length: 50 }, () => ({
      ...SHOP_ROUTES.opaque[0]!,
      name: `\u001b[2J${'x'.repeat(200)}`,
    })),
  })
  answer = many
  await until(() => frames().at(-1)!.includes('/r0'), 'what is new')
  const lines = frames().at(-1)!.split('\u001b[J')[0]!.replaceAll('\u001b[K', '').split('\n')
  assert.ok(lines.length <= 24, `${lines.length} lines`)
  for (const line of lines) assert.ok(line.length <= 80 && !line.includes('\u001b'), line)
  assert.ok(lines.filter((line) => line.includes('/r')).length >= 10)
  assert.ok(lines.some((line) => /^… 2\d\d more$/.test(line)))
  assert.ok(lines.some((line) => /^… 47 more such lines$/.test(line)))

  await server.break()
  await until(() => /the server went away/.test(frames().at(-1)!), 'that it went away')
  answer = create(GetRequestsResponseSchema)
  await server.listen()
  await until(() => /no request yet/.test(frames().at(-1)!), 'that it is back')
  end.abort()
  await running
  assert.ok(context.out().endsWith('\u001b[?25h\u001b[?1049l'))
})
