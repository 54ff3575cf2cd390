// Traces of real exchanges, as clients, endpoints and whoever records them see them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'
import type { SpanRecord } from './span-record.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

type Answer = (response: ServerResponse, index: number) => void

async function traced(
  t: TestContext,
  tracing: string,
  { answer = (response) => response.end('ok'), route = '' }: { answer?: Answer; route?: string } = {},
) {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer((incoming, response) => {
    incoming.resume()
    answer(response, seen.push(incoming.headers) - 1)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  const spans: SpanRecord[] = []
  const yaml = simpleYaml((server.address() as AddressInfo).port, { route })
  const { port, gateway, line } = await testGateway(
    t,
    `${yaml}tracing: { endpoint: http://127.0.0.1:9/v1/traces${tracing} }\n`,
    { writeSpan: (span) => spans.push(span) },
  )
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const [response] = await once(
      request({ host: '127.0.0.1', port, path, headers, agent: false }).end(),
      'response',
    )
    response.resume()
    await line()
  }
  return { seen, spans, gateway, get }
}

/** The parts of a `traceparent`. */
function parts(headers: IncomingHttpHeaders | undefined): readonly string[] {
  const value = headers?.['traceparent']
  assert.match(String(value), /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
  return String(value).split('-').slice(1)
}

test('a trace that begins here has the exchange, and the try below it, which the endpoint knows as its parent', async (t) => {
  const { seen, spans, get } = await traced(t, ', sample_ratio: 1')
  await get('/cart?token=s3cret&n=1')
  const [traceId, parentId, flags] = parts(seen[0])
  const [tried, server] = spans
  assert.equal(flags, '01')
  assert.deepEqual(
    [tried?.kind, tried?.traceId, tried?.spanId, tried?.parentSpanId],
    ['client', traceId, parentId, server?.spanId],
  )
  assert.deepEqual([server?.kind, server?.traceId, server?.parentSpanId], ['server', traceId, ''])
  assert.equal(server?.name, 'GET all')
  const { 'url.query': query, 'http.response.status_code': status } = server?.attributes ?? {}
  assert.deepEqual([query, status], ['token=***&n=1', 200])
  assert.ok(server.beginMs <= tried!.beginMs && tried!.endMs <= server.endMs && server.beginMs < server.endMs)
  assert.ok(Math.abs(server.beginMs - Date.now()) < 60_000)
})

test('a trace of the client goes on, with its state, and its flag decides', async (t) => {
  const { seen, spans, get } = await traced(t, ', sample_ratio: 0')
  await get('/a', { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'shop=1' })
  await get('/b', { traceparent: `00-${TRACE}-${SPAN}-00` })
  assert.deepEqual([parts(seen[0])[0], parts(seen[0])[2], seen[0]?.['tracestate']], [TRACE, '01', 'shop=1'])
  assert.deepEqual([parts(seen[1])[0], parts(seen[1])[2]], [TRACE, '00'])
  assert.notEqual(parts(seen[1])[1], SPAN)
  assert.deepEqual(
    spans.map(({ kind, traceState, parentSpanId }) => [kind, traceState, parentSpanId === SPAN]),
    [
      ['client', 'shop=1', false],
      ['server', 'shop=1', true],
    ],
  )
})

test('where each request begins a trace, nothing of a client’s is left', async (t) => {
  const { seen, get } = await traced(t, ', sample_ratio: 1, parents: restart')
  await get('/a', { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'shop=1' })
  assert.notEqual(parts(seen[0])[0], TRACE)
  assert.equal(seen[0]?.['tracestate'], undefined)
})

test('a broken parent is replaced, and its state dropped', async (t) => {
  const { seen, get } = await traced(t, ', sample_ratio: 1')
  await get('/a', { traceparent: `00-${TRACE}-${SPAN}`, tracestate: 'shop=1' })
  assert.notEqual(parts(seen[0])[0], TRACE)
  assert.equal(seen[0]?.['tracestate'], undefined)
})

test('each try is a span, numbered, and each endpoint has its own', async (t) => {
  const { seen, spans, get } = await traced(t, ', sample_ratio: 1', {
    answer: (response, index) => response.writeHead(index === 0 ? 503 : 200).end(),
    route: ', retry: { on: [5xx], retries: 2, backoff: { base: 1ms, max: 2ms } }',
  })
  await get('/a')
  assert.notEqual(parts(seen[0])[1], parts(seen[1])[1])
  assert.deepEqual(
    spans.map(({ kind, isError, attributes }) => [
      kind,
      isError,
      attributes['http.response.status_code'],
      attributes['http.request.resend_count'],
    ]),
    [
      ['client', true, 503, undefined],
      ['client', false, 200, 1],
      ['server', false, 200, undefined],
    ],
  )
})

test('more than are paid for go on unrecorded, and are counted', async (t) => {
  const { seen, spans, gateway, get } = await traced(t, ', traces_per_second: 1')
  const sampled = { traceparent: `00-${TRACE}-${SPAN}-01` }
  for (let index = 0; index < 5; index++) await get('/direct', sampled)
  await get('/a', sampled)
  const { tracesSampled, tracesOverLimit } = gateway.stats().listeners['main']!
  assert.equal(tracesSampled + tracesOverLimit, 6)
  assert.ok(tracesOverLimit > 0)
  assert.equal(spans.filter(({ kind }) => kind === 'server').length, tracesSampled)
  assert.equal(parts(seen[0])[0], TRACE)
})

test('without tracing what clients say passes as it is', async (t) => {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer((incoming, response) => {
    seen.push(incoming.headers)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  const { port } = await testGateway(t, simpleYaml((server.address() as AddressInfo).port))
  const headers = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'shop=1' }
  const [response] = await once(request({ port, headers, agent: false }).end(), 'response')
  response.resume()
  assert.deepEqual(
    [seen[0]?.['traceparent'], seen[0]?.['tracestate']],
    [headers.traceparent, headers.tracestate],
  )
})
