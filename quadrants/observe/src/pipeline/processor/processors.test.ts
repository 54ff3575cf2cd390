import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import { attributes, findAttribute, textOf } from '../attribute.ts'
import type { PipelineClock } from '../clock.ts'
import { HeldBytes } from '../held-bytes.ts'
import { Ledger, type StageLedger } from '../ledger.ts'
import { type Content, Parcel } from '../parcel.ts'
import { madeBytes, madeSpans, spanNames } from '../testing/made-spans.ts'
import { attributesProcessor } from './attributes.ts'
import { batchProcessor } from './batch.ts'
import { cardinalityProcessor } from './cardinality.ts'
import { filterProcessor } from './filter.ts'
import { memoryLimiter } from './memory-limiter.ts'

/** Time that a test moves. */
class TestClock implements PipelineClock {
  now = 0
  #tasks: { readonly at: number; readonly task: () => void }[] = []

  epochMs = () => this.now
  steadyMs = () => this.now

  after(ms: number, task: () => void): () => void {
    const entry = { at: this.now + ms, task }
    this.#tasks.push(entry)
    return () => void (this.#tasks = this.#tasks.filter((one) => one !== entry))
  }

  pass(ms: number): void {
    this.now += ms
    const due = this.#tasks.filter(({ at }) => at <= this.now)
    this.#tasks = this.#tasks.filter(({ at }) => at > this.now)
    for (const { task } of due) task()
  }
}

function collector() {
  const parcels: Parcel[] = []
  return {
    parcels,
    consume: (parcel: Parcel) => {
      parcels.push(parcel)
      return undefined
    },
    contents: (): Content[] => parcels.map((parcel) => parcel.content()),
  }
}

function adds(
  ledger: StageLedger,
  expected: { seen: number; kept: number; dropped?: Record<string, number> },
): void {
  const { seen, kept, held, dropped } = ledger.counts()
  const reasons = Object.fromEntries(dropped.map(({ reason, count }) => [reason, count]))
  assert.deepEqual(
    { seen, kept, held, reasons },
    { ...pick(expected), held: 0, reasons: expected.dropped ?? {} },
  )
}

function pick({ seen, kept }: { seen: number; kept: number }) {
  return { seen, kept }
}

const spans = (count: number, name?: string) => Parcel.ofBytes('traces', madeBytes(count, name), count)

test('batch: by size, by time, by bytes, and cut', () => {
  const clock = new TestClock()
  const held = new HeldBytes()
  const next = collector()
  const ledger = new Ledger().stage('batch')
  const size = spans(10).bytes.length
  const batch = batchProcessor(
    { sendBatchSize: 30, timeoutMs: 100, sendBatchMaxSize: 40, sendBatchMaxBytes: size * 8 },
    { signal: 'traces', next, ledger, clock, held },
  )
  for (let i = 0; i < 3; i++) batch.consume(spans(10, `a${i}`))
  assert.deepEqual(
    next.parcels.map(({ itemCount }) => itemCount),
    [30],
    'by size',
  )
  batch.consume(spans(10))
  assert.equal(held.bytes, size)
  clock.pass(99)
  assert.equal(next.parcels.length, 1)
  clock.pass(1)
  assert.deepEqual(
    next.parcels.map(({ itemCount }) => itemCount),
    [30, 10],
    'by time',
  )
  batch.consume(spans(10))
  batch.consume(spans(90))
  assert.deepEqual(
    next.parcels.slice(2).map(({ itemCount }) => itemCount),
    [10, 40, 40, 10],
    'by bytes, then cut',
  )
  batch.consume(spans(1))
  batch.flush()
  assert.equal(held.bytes, 0)
  adds(ledger, { seen: 141, kept: 141 })
  const [first] = next.contents()
  assert.ok(first?.signal === 'traces')
  assert.equal(new Set(spanNames(first.message)).size, 30)
})

test('memory limiter: what is too much is refused with a time, and counted', () => {
  const held = new HeldBytes()
  const ledger = new Ledger().stage('limiter')
  const next = collector()
  const limiter = memoryLimiter({ limitBytes: 1500 }, { next, ledger, held })
  assert.equal(limiter.consume(spans(3)), undefined)
  held.add(1400)
  const refusal = limiter.consume(spans(3))
  assert.equal(refusal?.reason, 'memory-limit')
  assert.ok(refusal.retryAfterMs > 0)
  adds(ledger, { seen: 6, kept: 3, dropped: { 'memory-limit': 3 } })
})

test('filter: include and exclude by name, service and attribute', () => {
  const rule = { matchType: 'glob' as const, services: [], names: [], attributes: [] }
  for (const [options, kept, dropped] of [
    [{ exclude: { ...rule, names: ['a-1*'] } }, ['a-0', 'a-2', 'a-3'], { excluded: 1 }],
    [
      { include: { ...rule, attributes: [{ key: 'http.route', value: '/item/2' }] } },
      ['a-2'],
      { 'not-included': 3 },
    ],
    [
      { include: { ...rule, services: ['shop'] }, exclude: { ...rule, names: ['a-0', 'a-3'] } },
      ['a-1', 'a-2'],
      { excluded: 2 },
    ],
    [{ exclude: { ...rule, services: ['s*'] } }, [], { excluded: 4 }],
    [{ exclude: { ...rule, names: ['a-0'], services: ['other'] } }, ['a-0', 'a-1', 'a-2', 'a-3'], {}],
  ] as const) {
    const next = collector()
    const ledger = new Ledger().stage('filter')
    filterProcessor(options, { next, ledger }).consume(spans(4, 'a'))
    assert.deepEqual(
      next.contents().flatMap((content) => (content.signal === 'traces' ? spanNames(content.message) : [])),
      kept,
    )
    adds(ledger, { seen: 4, kept: kept.length, dropped: { ...dropped } })
  }
})

test('attributes: each action, and a secret leaves the events of a span too', () => {
  const message = madeSpans(1)
  const span = message.resourceSpans[0]!.scopeSpans[0]!.spans[0]!
  span.attributes = attributes({ token: 'secret', user: 'ann', route: '/a' })
  span.events = [create(otlp.Span_EventSchema, { attributes: attributes({ token: 'secret' }) })]
  span.links = [create(otlp.Span_LinkSchema, { attributes: attributes({ token: 'secret' }) })]
  const next = collector()
  attributesProcessor(
    {
      target: 'items',
      actions: [
        { key: 'token', action: 'delete' },
        { key: 'user', action: 'hash' },
        { key: 'env', action: 'insert', value: 'prod' },
        { key: 'route', action: 'insert', value: 'no' },
        { key: 'nothing', action: 'update', value: 'no' },
        { key: 'copy', action: 'upsert', fromAttribute: 'route' },
      ],
    },
    { next, ledger: new Ledger().stage('attributes') },
  ).consume(Parcel.ofContent({ signal: 'traces', message }))
  const text = Buffer.from(next.parcels[0]!.bytes).toString('latin1')
  assert.ok(!text.includes('secret') && !text.includes('ann'))
  assert.deepEqual(
    span.attributes.map(({ key, value }) => [key, textOf(value).slice(0, 8)]),
    [
      ['user', '49915e0d'], // sha256sum of "ann"
      ['route', '/a'],
      ['env', 'prod'],
      ['copy', '/a'],
    ],
  )
  assert.deepEqual(span.events[0]!.attributes, [])
})

test('cardinality: changes over the limit add up in ~other, and nothing is counted twice', () => {
  const clock = new TestClock()
  const next = collector()
  const ledger = new Ledger().stage('cardinality')
  const limiter = cardinalityProcessor({ limit: 3, spanKeys: [], resetMs: 1000 }, { next, ledger, clock })
  const delta = (paths: readonly string[]) =>
    Parcel.ofContent({
      signal: 'metrics',
      message: create(otlp.ExportMetricsServiceRequestSchema, {
        resourceMetrics: [
          {
            resource: create(otlp.ResourceSchema, { attributes: attributes({ 'service.name': 'shop' }) }),
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'requests',
                    data: {
                      case: 'sum',
                      value: {
                        isMonotonic: true,
                        aggregationTemporality: otlp.AggregationTemporality.DELTA,
                        dataPoints: paths.map((path) =>
                          create(otlp.NumberDataPointSchema, {
                            attributes: attributes({ path }),
                            value: { case: 'asInt', value: 2n },
                          }),
                        ),
                      },
                    },
                  },
                ],
              },
            ],
          },
        ],
      }),
    })
  const shown = (): Record<string, number> => {
    const content = next.contents().at(-1)!
    assert.ok(content.signal === 'metrics')
    const { value } = content.message.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.data
    return Object.fromEntries(
      (value!.dataPoints as otlp.NumberDataPoint[]).map((point) => [
        textOf(findAttribute(point.attributes, 'path')?.value),
        Number(point.value.value),
      ]),
    )
  }
  limiter.consume(delta(Array.from({ length: 100 }, (_, i) => `/${i}`)))
  assert.deepEqual(shown(), { '/0': 2, '/1': 2, '/2': 2, '~other': 194 })
  limiter.consume(delta(['/2', '/98', '/99']))
  assert.deepEqual(shown(), { '/2': 2, '~other': 4 })
  clock.pass(1000)
  limiter.consume(delta(['/98', '/99']))
  assert.deepEqual(shown(), { '/98': 2, '/99': 2 })
  adds(ledger, { seen: 105, kept: 8, dropped: { 'merged-into-other': 97 } })
})

test('cardinality: totals and gauges over the limit are dropped and counted; spans keep their place', () => {
  const parts = () => ({ next: collector(), ledger: new Ledger().stage('c'), clock: new TestClock() })
  const gauge = parts()
  cardinalityProcessor({ limit: 1, spanKeys: [], resetMs: 0 }, gauge).consume(
    Parcel.ofContent({
      signal: 'metrics',
      message: create(otlp.ExportMetricsServiceRequestSchema, {
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'g',
                    data: {
                      case: 'gauge',
                      value: { dataPoints: [1, 2, 3].map((n) => ({ attributes: attributes({ n }) })) },
                    },
                  },
                ],
              },
            ],
          },
        ],
      }),
    }),
  )
  adds(gauge.ledger, { seen: 3, kept: 1, dropped: { 'gauge-over-limit': 2 } })
  const traces = parts()
  cardinalityProcessor({ limit: 2, spanKeys: ['http.route', 'name'], resetMs: 0 }, traces).consume(spans(7))
  adds(traces.ledger, { seen: 7, kept: 7 })
  const [content] = traces.next.contents()
  assert.ok(content?.signal === 'traces')
  const { spans: list } = content.message.resourceSpans[0]!.scopeSpans[0]!
  assert.deepEqual(
    list.map((span) => `${span.name} ${textOf(span.attributes[0]!.value)}`),
    ['span-0 /item/0', 'span-1 /item/1', ...Array.from({ length: 5 }, () => '~other ~other')],
  )
})
