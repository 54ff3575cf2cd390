import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import fc from 'fast-check'
import { attributes } from '../attribute.ts'
import { systemPipelineClock } from '../clock.ts'
import { Ledger } from '../ledger.ts'
import { Parcel } from '../parcel.ts'
import { NEEDS_PEER, OtlpPeer } from '../testing/otlp-peer.ts'
import { metricName } from './name.ts'
import { prometheusExporter } from './prometheus-exporter.ts'

let peer: OtlpPeer
before(() => {
  if (!NEEDS_PEER) peer = new OtlpPeer()
})
after(() => peer?.[Symbol.dispose]())

type MetricData = otlp.Metric['data']

function exporter(seriesMax = 1000) {
  const ledger = new Ledger().stage('prometheus')
  const made = prometheusExporter({
    namespace: '',
    seriesMax,
    expirationMs: 1e6,
    ledger,
    clock: systemPipelineClock,
  })
  const add = (name: string, unit: string, data: MetricData, service = 'shop') =>
    void made.consume(
      Parcel.ofContent({
        signal: 'metrics',
        message: create(otlp.ExportMetricsServiceRequestSchema, {
          resourceMetrics: [
            {
              resource: create(otlp.ResourceSchema, { attributes: attributes({ 'service.name': service }) }),
              scopeMetrics: [
                { metrics: [create(otlp.MetricSchema, { name, unit, data, description: 'what\nit \\is' })] },
              ],
            },
          ],
        }),
      }),
    )
  return { made, ledger, add }
}

function gauge(values: readonly (readonly [labels: Record<string, string>, value: number])[]): MetricData {
  return {
    case: 'gauge',
    value: create(otlp.GaugeSchema, {
      dataPoints: values.map(([labels, value]) =>
        create(otlp.NumberDataPointSchema, {
          attributes: attributes(labels),
          value: { case: 'asDouble', value },
        }),
      ),
    }),
  }
}

test('names as the specification has them', () => {
  for (const [name, unit, kind, expected] of [
    ['http.server.request.duration', 's', 'other', 'http_server_request_duration_seconds'],
    ['system.network.io', 'By', 'counter', 'system_network_io_bytes_total'],
    ['requests_total', '{request}', 'counter', 'requests_total'],
    ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
    ['transfer', 'By/s', 'gauge', 'transfer_bytes_per_second'],
    ['2xx', '', 'gauge', '_2xx'],
    ['a--b', '', 'gauge', 'a_b'],
  ] as const)
    assert.equal(metricName(name, unit, kind), expected)
})

test(
  'whatever names, labels and values there are, the official parser takes the text',
  { skip: NEEDS_PEER },
  () => {
    const { made, add, ledger } = exporter()
    const text = fc.string({ unit: 'binary', maxLength: 12 })
    const samples = fc.sample(
      fc.tuple(
        text,
        fc.constantFrom('', 's', 'By', '1', 'x"y'),
        fc.dictionary(text, text, { maxKeys: 4 }),
        fc.double(),
      ),
      {
        seed: 12,
        numRuns: 300,
      },
    )
    for (const [name, unit, labels, value] of samples) add(name, unit, gauge([[labels, value]]))
    add(
      'le',
      '',
      gauge([[{ le: '1', quantile: '2', __name__: 'x', job: 'mine', 'a.b': '1', a_b: '2' }, Number.NaN]]),
    )
    // JSON, by which the peer answers, has no NaN.
    const shown = made.scrape().replaceAll(/ (?:NaN|[+-]Inf)$/gm, ' 7')
    const families = peer.parse(shown) as Record<string, { metric: unknown[] }>
    const parsedCount = Object.values(families).reduce((sum, { metric }) => sum + metric.length, 0)
    const lines = shown.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    assert.ok(lines.length > 100)
    assert.equal(parsedCount, lines.length)
    assert.equal(ledger.counts().kept, 301)
  },
)

test('series over the limit, and two kinds under one name, are dropped and counted', () => {
  const { made, add, ledger } = exporter(2)
  add(
    'a',
    '',
    gauge([
      [{ x: '1' }, 1],
      [{ x: '2' }, 2],
      [{ x: '3' }, 3],
    ]),
  )
  add('a', '', gauge([[{ x: '2' }, 5]]))
  add('a', '', { case: 'histogram', value: create(otlp.HistogramSchema, { dataPoints: [{}] }) })
  assert.deepEqual(ledger.counts().dropped, [
    { reason: 'series-limit', count: 1 },
    { reason: 'type-conflict', count: 1 },
  ])
  assert.deepEqual(made.scrape().split('\n').slice(2), ['a{job="shop",x="1"} 1', 'a{job="shop",x="2"} 5', ''])
})
