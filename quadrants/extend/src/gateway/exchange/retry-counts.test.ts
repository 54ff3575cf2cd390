// What is counted of tries: a retry has succeeded where its answer is one to be content with.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchangeBytes } from '../testing/raw-client.ts'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'
const BUSY = 'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n'
const BUSY_FOR_LONG = 'HTTP/1.1 503 Busy\r\nretry-after: 900\r\ncontent-length: 0\r\n\r\n'
const RETRY = ', retry: { on: [5xx], retries: 2, retry_after: true, backoff: { base: 1ms, max: 2ms } }'

for (const { what, answers, status, retries, successes } of [
  { what: 'an answer at last', answers: [BUSY, OK], status: 200, retries: 1, successes: 1 },
  { what: 'none at all', answers: [BUSY, BUSY, BUSY], status: 503, retries: 2, successes: 0 },
  {
    what: 'one that asks for much later',
    answers: [BUSY, BUSY_FOR_LONG],
    status: 503,
    retries: 1,
    successes: 0,
  },
  { what: 'an answer at once', answers: [OK], status: 200, retries: 0, successes: 0 },
])
  test(`counts of ${what}`, async (t) => {
    const left = [...answers]
    const upstream = await rawUpstream(t, (socket) => socket.write(left.shift() ?? 'none left'))
    const { port, gateway } = await testGateway(t, simpleYaml(upstream.port, { route: RETRY }))
    const text = await exchangeBytes(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} `))
    const { up } = gateway.stats().clusters
    assert.deepEqual(
      [up?.retries, up?.retrySuccesses, up?.retriesActive, up?.requestsActive, up?.pendingActive],
      [retries, successes, 0, 0, 0],
    )
    assert.equal(up?.byEndpoint[`127.0.0.1:${upstream.port}`]?.activeRequests, 0)
  })
