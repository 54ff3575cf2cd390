import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fromBinary } from '@bufbuild/protobuf'
import type { SpanRecord } from '@quadrant/extend/gateway'
import * as otlp from '@quadrant/proto/otlp'
import { memoryContext } from '../testing/memory-context.ts'
import { SpanExport } from './span-export.ts'

const SPAN: SpanRecord = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentSpanId: '',
  traceState: 'shop=1',
  name: 'GET cart',
  kind: 'server',
  beginMs: 1_700_000_000_000.25,
  endMs: 1_700_000_000_001.5,
  attributes: { 'http.request.method': 'GET', 'http.response.status_code': 503 },
  isError: true,
}

test('spans arrive as OTLP, wait for a receiver that fails, and all are sent or counted', async () => {
  const spans: otlp.Span[] = []
  let answer = 503
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      if (answer === 200)
        for (const { scopeSpans } of fromBinary(otlp.ExportTraceServiceRequestSchema, Buffer.concat(pieces))
          .resourceSpans)
          for (const scope of scopeSpans) spans.push(...scope.spans)
      response.writeHead(answer).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const context = memoryContext({ now: Date.now })
  const { port } = server.address() as AddressInfo
  const exporter = new SpanExport(context, {
    endpoint: `http://127.0.0.1:${port}/v1/traces`,
    headers: {},
    sampleRatio: 1,
    parents: 'follow',
    tracesPerSecondMax: 100,
  })
  exporter.add({ kind: 'spans', spans: Array.from({ length: 2500 }, () => SPAN), droppedCount: 3 })
  while (!context.err().includes('no spans arrive')) await sleep(20)
  answer = 200
  // More than may wait.
  exporter.add({ kind: 'spans', spans: Array.from({ length: 20_000 }, () => SPAN), droppedCount: 0 })
  await exporter[Symbol.asyncDispose]()
  server.close()
  const { spansSent, spansDropped } = exporter.counts
  assert.equal(spansSent + spansDropped, 22_503)
  assert.equal(spansSent, spans.length)
  assert.ok(spansDropped >= 3 && spansSent >= 20_000)
  assert.match(context.err(), /no spans arrive at .*: it answers 503\n/)
  const [span] = spans
  assert.equal(Buffer.from(span!.traceId).toString('hex'), SPAN.traceId)
  assert.deepEqual(
    [span!.startTimeUnixNano, span!.endTimeUnixNano, span!.name, span!.kind, span!.status?.code],
    [1_700_000_000_000_250_000n, 1_700_000_000_001_500_000n, 'GET cart', 2, 2],
  )
})
