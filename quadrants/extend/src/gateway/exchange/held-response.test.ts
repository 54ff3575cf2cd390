// A filter that holds a response back, and never goes on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { StreamFilters } from '../../filters/stream/stream-chain.ts'
import { exchangeBytes } from '../testing/raw-client.ts'
import { rawUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'

test(
  'the answer in place of a response that filters hold passes them by, once',
  { timeout: 20_000 },
  async (t) => {
    const seen: (string | undefined)[] = []
    const holding: StreamFilters = {
      open: (sink) => ({
        requestHead: (headers, isEnd) => sink.requestHead(headers, isEnd),
        requestBody: (chunk, isEnd) => sink.requestBody(chunk, isEnd),
        requestTrailers: (trailers) => sink.requestTrailers(trailers),
        responseHead: (headers: HeaderMap) => seen.push(headers.get(':status')),
        responseBody: (chunk) => seen.push(String(chunk)),
        responseTrailers: () => seen.push('trailers'),
        end: () => seen.push('end'),
      }),
    }
    const upstream = await rawUpstream(t, (socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'),
    )
    const yaml = simpleYaml(upstream.port, { listener: ', timeouts: { stream_idle: 200ms }' })
    const { port, line, gateway } = await testGateway(t, yaml, { filtersOf: () => holding })
    const text = await exchangeBytes(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    assert.match(text, /^HTTP\/1\.1 504 [^]*\r\n\r\nstream timeout$/)
    assert.equal(await line(), '504 SI stream_idle_timeout')
    assert.deepEqual(seen, ['200', 'half', 'end'])
    assert.equal(gateway.stats().clusters['up']?.requestsActive, 0)
  },
)
