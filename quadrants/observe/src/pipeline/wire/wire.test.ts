import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'
import fc from 'fast-check'
import { decodeJson } from '../json/decode-json.ts'
import { encodeJson } from '../json/encode-json.ts'
import { Parcel } from '../parcel.ts'
import { PipelineError } from '../pipeline-error.ts'
import { REQUEST_SCHEMAS } from '../signal.ts'
import { madeBytes, madeSpans, spanNames } from '../testing/made-spans.ts'
import { checkRequest } from './check.ts'
import { splitParcel } from './split.ts'

test('spans and data points are counted without decoding', () => {
  assert.equal(checkRequest('traces', madeBytes(123)), 123)
  assert.equal(checkRequest('traces', new Uint8Array()), 0)
  assert.equal(checkRequest('traces', Buffer.concat([madeBytes(2), madeBytes(3)])), 5, 'two requests are one')
  const points = [{ value: { case: 'asInt' as const, value: 1n } }, {}]
  const metrics = create(otlp.ExportMetricsServiceRequestSchema, {
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              { name: 'a', data: { case: 'gauge', value: { dataPoints: points } } },
              {
                name: 'b',
                data: {
                  case: 'histogram',
                  value: { dataPoints: [{ bucketCounts: [1n, 2n], explicitBounds: [5] }] },
                },
              },
              {
                name: 'c',
                data: {
                  case: 'exponentialHistogram',
                  value: { dataPoints: [{ positive: { offset: -3, bucketCounts: [1n, 300n] } }] },
                },
              },
              { name: 'd', data: { case: 'summary', value: { dataPoints: [{}] } } },
            ],
          },
        ],
      },
    ],
  })
  assert.equal(checkRequest('metrics', toBinary(otlp.ExportMetricsServiceRequestSchema, metrics)), 5)
})

test('what is damaged is refused with its place', () => {
  const bytes = madeBytes(3)
  const check = (change: (bytes: Uint8Array) => Uint8Array, message: RegExp) =>
    assert.throws(
      () => checkRequest('traces', change(bytes.slice())),
      (error) => {
        assert.ok(error instanceof PipelineError)
        assert.equal(error.code, 'malformed')
        assert.match(error.message, /^at byte \d+: /)
        assert.match(error.message, message)
        return true
      },
    )
  check((b) => b.subarray(0, b.length - 1), /bytes wanted|cut off/)
  check((b) => Buffer.from([...b, 0x0b]), /wire type 3/)
  check((b) => Buffer.from([...b, 0x08, 0x01]), /field 1 of ExportTraceServiceRequest with wire type 0/)
  check((b) => Buffer.from([...b, 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff]), /32 bits/)
  check((b) => {
    b[Buffer.from(b).indexOf('span-1')] = 0xff
    return b
  }, /UTF-8/)
  let deep = Uint8Array.from([0x0a, 0x00])
  for (let i = 0; i < 200; i++) {
    // AnyValue.array_value (5) of ArrayValue.values (1).
    const inner: number[] = i % 2 ? [0x2a] : [0x0a]
    let length = deep.length
    while (length >= 0x80) {
      inner.push((length & 0x7f) | 0x80)
      length >>= 7
    }
    deep = Uint8Array.from([...inner, length, ...deep])
  }
  const wrap = (tag: number, part: Uint8Array): Uint8Array =>
    Uint8Array.from([tag, (part.length & 0x7f) | 0x80, part.length >> 7, ...part])
  // resource_spans.resource.attributes.value
  check(() => wrap(0x0a, wrap(0x0a, wrap(0x0a, wrap(0x12, deep)))), /within each other/)
})

test('any bytes: what the walk takes, the official decoder of Protocol Buffers takes too, with the same count', () => {
  const bytes = madeBytes(4)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(bytes.length),
      (changes, cut) => {
        const damaged = bytes.slice(0, cut % 3 === 0 ? cut : bytes.length)
        for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value
        let count: number
        try {
          count = checkRequest('traces', damaged)
        } catch (error) {
          assert.ok(error instanceof PipelineError)
          return
        }
        const decoded = fromBinary(REQUEST_SCHEMAS.traces, damaged)
        assert.equal(spanNames(decoded).length, count)
      },
    ),
    { seed: 3, numRuns: 2000 },
  )
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom('metrics' as const, 'traces' as const),
      (random, signal) => {
        try {
          checkRequest(signal, random)
        } catch (error) {
          assert.ok(error instanceof PipelineError)
          return
        }
        fromBinary(REQUEST_SCHEMAS[signal], random)
      },
    ),
    { seed: 4, numRuns: 2000 },
  )
})

test('a parcel is cut without a span being lost, doubled or torn from its resource', () => {
  const bytes = Buffer.concat([madeBytes(10, 'a'), madeBytes(1, 'b'), madeBytes(25, 'c')])
  const whole = Parcel.ofBytes('traces', bytes, 36)
  for (const max of [1, 7, 10, 35, 36, 100]) {
    const parts = splitParcel(whole, max)
    assert.ok(parts.every(({ itemCount }) => itemCount <= max))
    assert.ok(parts.length >= Math.ceil(36 / max))
    const messages = parts.map((part) => {
      assert.equal(checkRequest('traces', part.bytes), part.itemCount)
      return fromBinary(REQUEST_SCHEMAS.traces, part.bytes)
    })
    assert.deepEqual(messages.flatMap(spanNames), spanNames(fromBinary(REQUEST_SCHEMAS.traces, bytes)))
    for (const { resourceSpans } of messages)
      for (const { resource, schemaUrl, scopeSpans } of resourceSpans) {
        assert.equal(resource?.attributes[0]?.key, 'service.name')
        assert.notEqual(schemaUrl, '')
        assert.equal(scopeSpans[0]?.scope?.name, 'made')
      }
  }
})

test('OTLP/JSON there and back is the same request', () => {
  const message = madeSpans(5)
  const json = encodeJson({ signal: 'traces', message }) as {
    resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[]
  }
  const [span] = json.resourceSpans[0]!.scopeSpans[0]!.spans
  assert.equal(span!['traceId'], '000102030405060708090a0b0c0d0e0f')
  assert.equal(span!['kind'], 2)
  assert.equal(span!['startTimeUnixNano'], '1700000000000000000')
  const back = decodeJson('traces', JSON.stringify(json))
  assert.deepEqual(toBinary(REQUEST_SCHEMAS.traces, back.message as typeof message), madeBytes(5))
})

test('any JSON is a request or a typed error', () => {
  const good = JSON.stringify(encodeJson({ signal: 'traces', message: madeSpans(2) }))
  const refused = (text: string) => {
    try {
      decodeJson('traces', text)
    } catch (error) {
      assert.ok(error instanceof PipelineError, String(error))
      assert.equal(error.code, 'malformed')
    }
  }
  fc.assert(
    fc.property(
      fc.nat(good.length),
      fc.nat(20),
      fc.constantFrom('', '{', '[', '"', '1e999', 'null', '"traceId":"zz"', '-'),
      (at, length, put) => refused(good.slice(0, at) + put + good.slice(at + length)),
    ),
    { seed: 9, numRuns: 1000 },
  )
  fc.assert(fc.property(fc.json({ maxDepth: 5 }), refused), { seed: 10, numRuns: 300 })
  refused('{"resourceSpans":['.repeat(5000))
  refused('['.repeat(100_000) + ']'.repeat(100_000))
  refused('{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000))
})
