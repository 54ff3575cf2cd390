// `quadrant top --by routes` against a server that answers as the contract says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
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

async function ran(answer: GetRequestsResponse, flags: Partial<TopFlags>) {
  const asked: GetRequestsRequest[] = []
  await using server = await MadeServer.start({
    getRequests(request) {
      asked.push(request)
      return answer
    },
  })
  const context = memoryContext({ nowMs: NOON_MS })
  await runTop(context, {
    by: 'routes',
    sort: 'bytes',
    level: 'service',
    output: 'table',
    data: server.data,
    ...flags,
  })
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
  assert.match((await ran(create(GetRequestsResponseSchema), {})).err, /no request was seen.*quadrant status/)
  await assert.rejects(ran(SHOP_ROUTES, { query: 'rout:/x' }), /unknown field `rout`/)
})
