// `quadrant observe --requests` against a server that answers as the contract says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import {
  CapturedRequestSchema,
  ListRequestsResponseSchema,
  type CapturedRequest,
  type ListRequestsRequest,
} from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { jsonEncoder, jsonLine } from '../output/json.ts'
import { assertGolden } from '../testing/golden.ts'
import { NOON_MS } from '../testing/made-flows.ts'
import { SHOP_REQUESTS, madeRequest } from '../testing/made-requests.ts'
import { MadeServer } from '../testing/made-server.ts'
import { memoryContext, type MemoryContextOptions } from '../testing/memory-context.ts'
import { runObserve, type ObserveFlags } from './run.ts'

const encode = jsonEncoder(CapturedRequestSchema)

/** Keeps requests, and answers a page of them as a real server does. */
function keeping(kept: CapturedRequest[], pageMax = 1000) {
  const asked: ListRequestsRequest[] = []
  const drops: { stage: string; reason: string; count: number }[] = []
  const server = MadeServer.start({
    listRequests(request) {
      asked.push(request)
      const { before, after, limit } = request
      const matching = kept.filter(({ id }) => id > after && (before === 0 || id < before)).reverse()
      const requests = matching.slice(0, Math.min(limit, pageMax))
      return create(ListRequestsResponseSchema, {
        requests,
        nextBefore: requests.length < matching.length ? requests.at(-1)!.id : 0,
        drops,
      })
    },
  })
  return { asked, drops, server }
}

async function ran(server: MadeServer, flags: Partial<ObserveFlags>, options: MemoryContextOptions = {}) {
  const context = memoryContext({ nowMs: NOON_MS + 60_000, ...options })
  let error: unknown
  try {
    await runObserve(context, { output: 'table', data: server.data, requests: true, ...flags })
  } catch (thrown) {
    error = thrown
  }
  return { out: context.out(), err: context.err(), error }
}

test('requests as rows: piped, on a terminal, wide, as JSON', async () => {
  await using server = await keeping([...SHOP_REQUESTS]).server
  const check = async (name: string, output: ObserveFlags['output'], options: MemoryContextOptions = {}) => {
    const { out, err, error } = await ran(server, { output }, options)
    assert.equal(error, undefined)
    assert.equal(err, '')
    assertGolden(name, out)
  }
  await check('requests-piped.txt', 'table')
  await check('requests-terminal.txt', 'table', { columns: 100, colour: true })
  await check('requests-wide.txt', 'wide')
  const lines = SHOP_REQUESTS.map((request) => jsonLine(encode(request)))
  assert.equal((await ran(server, { output: 'jsonl' })).out, lines.join(''))
  assert.deepEqual(
    JSON.parse((await ran(server, { output: 'json' })).out),
    lines.map((line) => JSON.parse(line) as unknown),
  )
})

test('what is asked: filters, from when to when, how many, page by page', async () => {
  const kept = Array.from({ length: 25 }, (_, i) => madeRequest(i + 1))
  const made = keeping(kept, 10)
  await using server = await made.server
  const ids = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: number }).id)
  const last = await ran(server, { output: 'jsonl' })
  assert.deepEqual(
    ids(last.out),
    kept.slice(-20).map(({ id }) => id),
  )
  assert.deepEqual(
    made.asked.splice(0).map(({ limit, before }) => [limit, before]),
    [
      [20, 0],
      [10, 16],
    ],
  )
  const since = await ran(server, { output: 'jsonl', since: '5m', to: ['cart'], status: ['\u00005xx'] })
  assert.equal(ids(since.out).length, 25)
  const [first] = made.asked.splice(0)
  assert.equal(first!.query, 'to:cart not:status:5xx')
  assert.equal(first!.range!.startNs, (NOON_MS + 60_000 - 300_000) * 1e6)
  await ran(server, { requests: undefined, method: ['GET'], query: 'duration:>100', last: 3 })
  assert.deepEqual(
    made.asked.splice(0).map(({ query, limit }) => [query, limit]),
    [['duration:>100 method:GET', 3]],
  )
  await ran(server, { requests: undefined, status: ['5xx,404'] })
  assert.equal(made.asked.length, 2)
})

test('with --follow each comes once, also over a restart of the server', async () => {
  const kept = [madeRequest(1), madeRequest(2)]
  const made = keeping(kept)
  await using server = await made.server
  const end = new AbortController()
  const context = memoryContext({ nowMs: NOON_MS, signal: end.signal })
  const running = runObserve(context, {
    output: 'jsonl',
    data: server.data,
    requests: true,
    follow: true,
    last: 1,
  })
  const until = async (text: string) => {
    for (let tries = 0; tries < 200 && !context.out().includes(text); tries++) await sleep(50)
    assert.ok(context.out().includes(text), text)
  }
  await until('"id":2,')
  kept.push(madeRequest(3))
  made.drops.push({ stage: 'kernel.http.heads', reason: 'ring full', count: 2 })
  await until('"id":3,')
  await server.break()
  kept.push(madeRequest(4))
  await server.listen()
  await until('"id":4,')
  end.abort()
  await running
  const lines = context.out().trim().split('\n')
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { id: number }).id),
    [2, 3, 4],
  )
  assert.match(context.err(), /2 lost at kernel\.http\.heads: ring full/)
  assert.match(context.err(), /the server is back/)
})

test('nothing found says what would be', async () => {
  await using server = await keeping([]).server
  assert.match((await ran(server, {})).err, /no captured request is stored.*requests --help.*top --by routes/)
  assert.match((await ran(server, { to: ['cart'], since: '1m' })).err, /matches \(another --since/)
})

test('what does not go together is refused', async () => {
  await using server = await keeping([]).server
  const rows: [Partial<ObserveFlags>, RegExp][] = [
    [{ event: ['close'] }, /--event is about flows/],
    [{ requests: false, method: ['GET'] }, /--method is about requests/],
    [{ bothEnds: true }, /--both-ends is about flows/],
    [{ proto: ['http3'] }, /one of http1, http2, grpc/],
    [{ status: ['failed'] }, /a code \(404\), a class \(5xx\)/],
    [{ query: 'rout:/x' }, /unknown field `rout`/],
    [{ follow: true, output: 'json' }, /-o jsonl|a stream has no end/],
  ]
  for (const [flags, message] of rows) {
    const { error } = await ran(server, flags)
    assert.ok(error instanceof CliError, JSON.stringify(flags))
    assert.match(error.message, message)
    assert.equal(error.exitCode, 2)
  }
})
