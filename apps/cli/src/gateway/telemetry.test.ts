import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'
import { summarizeFilters, type GatewayStats } from '@quadrant/extend/gateway'
import * as otlp from '@quadrant/proto/otlp'
import { memoryContext } from '../testing/memory-context.ts'
import { Telemetry } from './telemetry.ts'

const STATS = {
  generation: 1,
  listeners: {
    web: {
      requests: 3,
      requestsActive: 1,
      protocolErrorsBy: { 'bare-lf': 2 },
      guardDecisions: { 'denied web': 3 },
      durations: { counts: [1, 2], sumMs: 1500 },
    },
  },
  clusters: { shop: { pendingActive: 4 } },
}

/** Metrics as `name labels value`. */
function told(body: Uint8Array): readonly string[] {
  const { resourceMetrics } = fromBinary(otlp.ExportMetricsServiceRequestSchema, body)
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap((scope) => scope.metrics),
  )
  return metrics.flatMap(({ name, data }) => {
    if (data.case === 'histogram')
      return data.value.dataPoints.map(({ count, sum }) => `${name} ${count} ${sum}`)
    if (data.case !== 'sum') return []
    const { dataPoints, isMonotonic } = data.value
    return dataPoints.map(({ attributes, value }) => {
      const labels = attributes
        .map(({ value: given }) => (given?.value.case === 'stringValue' ? given.value.value : '?'))
        .join(' ')
      return `${name} ${labels} ${value.value}${isMonotonic ? '' : ' now'}`
    })
  })
}

test('what is counted arrives as OTLP, and what did not arrive is in the next', async () => {
  const bodies: Buffer[] = []
  let answer = 503
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      if (answer === 200) bodies.push(Buffer.concat(pieces))
      response.writeHead(answer).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const context = memoryContext({ now: Date.now })
  const spec = { endpoint: `http://127.0.0.1:${port}/v1/metrics`, headers: {}, intervalMs: 5 }
  {
    await using telemetry = new Telemetry(context, spec, {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a part of what a gateway counts
      stats: async () => STATS as unknown as GatewayStats,
      filters: async () => summarizeFilters([]),
    })
    while (telemetry.failedCount < 2) await once(server, 'request')
    answer = 200
    while (bodies.length === 0) await once(server, 'request')
  }
  server.close()
  assert.match(context.err(), /no metrics arrive at .*: it answers 503\n.*arrive .* again/)
  const lines = told(bodies[0]!)
  for (const line of [
    'http.server.request.duration 3 1.5',
    'quadrant.gateway.listener.requests web 3',
    'quadrant.gateway.listener.requests_active web 1 now',
    'quadrant.gateway.listener.protocol_errors_by_code web bare-lf 2',
    'quadrant.gateway.cluster.pending_active shop 4 now',
  ])
    assert.ok(lines.includes(line), `${line} is not among\n${lines.join('\n')}`)
})
