import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import { BatchSchema, type DurationHistogram, HeaderFieldSchema } from '@quadrant/proto'
import { EPOCH, secondOf } from '../testing/batch.ts'
import { checkChangedBatches } from '../testing/changed-batches.ts'
import { decodeWireBatch } from '../testing/checked.ts'
import { leaves } from '../testing/leaves.ts'
import { type RequestInit, requestsOf } from '../testing/request-batch.ts'
import { checkBatch } from './check.ts'

const NOW_NS = (EPOCH + 100) * 1e9
const ESCAPE = '\u001b[2J'
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/ // oxlint-disable-line no-control-regex
const many = <T>(count: number, item: T) => Array.from({ length: count }, () => item)

function check(init: RequestInit) {
  const bytes = toBinary(BatchSchema, secondOf(0, { requests: requestsOf(0, init) }))
  return checkBatch(decodeWireBatch(bytes), NOW_NS)
}

const [series] = requestsOf(0).series
const [capture] = requestsOf(0).captures
const [opaque] = requestsOf(0).opaque
const timed = (init: Partial<DurationHistogram>): RequestInit => ({
  series: [{ ...series!, durations: { ...series!.durations!, ...init } }],
})
const header = create(HeaderFieldSchema, { name: 'a', value: 'b' })

const cases: [name: string, init: RequestInit, reason: string | undefined][] = [
  ['a plain second', {}, undefined],
  ['nothing', { series: [], captures: [], opaque: [] }, undefined],
  ['requests that were not timed', { series: [{ ...series!, durations: undefined }] }, undefined],
  ['a status of gRPC', { series: [{ ...series!, grpcStatus: 0 }] }, undefined],
  ['a client that is not there', { series: [{ ...series!, client: 3 }] }, 'index'],
  ['a server that is not there', { captures: [{ ...capture!, server: 9 }] }, 'index'],
  ['a protocol that is none', { series: [{ ...series!, protocol: 7 as 1 }] }, 'index'],
  ['a side below zero', { opaque: [{ ...opaque!, side: -1 as 1 }] }, 'index'],
  ['a port that is none', { opaque: [{ ...opaque!, serverPort: 65_536 }] }, 'index'],
  ['a status that is none', { series: [{ ...series!, httpStatus: 1000 }] }, 'index'],
  ['less than no requests', { series: [{ ...series!, count: -1 }] }, 'counter'],
  ['bytes of no number', { series: [{ ...series!, requestBytes: Number.NaN }] }, 'counter'],
  ['more times than requests', timed({ zeroCount: 2 }), 'counter'],
  ['half a request in a bucket', timed({ counts: [0.5] }), 'counter'],
  ['half a request of no time', timed({ zeroCount: 0.5 }), 'counter'],
  ['times in a bucket of no number', timed({ counts: [Number.NaN] }), 'counter'],
  ['a scale that is too fine', timed({ scale: 21 }), 'counter'],
  ['a bucket beyond all times', timed({ offset: 2 ** 30 }), 'counter'],
  ['too many buckets', timed({ counts: many(321, 0) }), 'count'],
  ['a longest time below the shortest', timed({ minNs: 3e6 }), 'counter'],
  ['an endless sum', timed({ sumNs: Infinity }), 'counter'],
  ['a capture of the far future', { captures: [{ ...capture!, startNs: NOW_NS * 2 }] }, 'time'],
  ['a capture that never ends', { captures: [{ ...capture!, responseEndNs: Infinity }] }, 'counter'],
  ['a capture of a process that is not there', { captures: [{ ...capture!, process: 99 }] }, 'index'],
  ['an address of five bytes', { captures: [{ ...capture!, clientAddress: new Uint8Array(5) }] }, 'address'],
  ['half a trace id', { captures: [{ ...capture!, traceId: new Uint8Array(8) }] }, 'address'],
  ['too many headers', { captures: [{ ...capture!, requestHeaders: many(128, header) }] }, 'count'],
]

for (const [name, init, reason] of cases)
  test(`requests: ${name}`, () => {
    assert.equal(check(init).refusal?.reason, reason)
  })

test('what was read off connections is made harmless, not refused', () => {
  const wild = create(HeaderFieldSchema, { name: ESCAPE, value: `${ESCAPE}${'x'.repeat(9000)}` })
  const { requests } = check({
    series: [{ ...series!, method: ESCAPE, route: `/${ESCAPE}${'y'.repeat(9000)}` }],
    captures: [
      {
        ...capture!,
        method: ESCAPE,
        route: ESCAPE,
        target: ESCAPE,
        authority: ESCAPE,
        rule: ESCAPE,
        requestHeaders: [wild],
        responseHeaders: [wild],
      },
    ],
    opaque: [{ ...opaque!, label: ESCAPE, name: ESCAPE }],
  }).batch!
  for (const value of leaves(requests)) if (typeof value === 'string') assert.doesNotMatch(value, CONTROL)
  assert.equal(requests!.series[0]!.route.length, 256)
  assert.equal(requests!.captures[0]!.requestHeaders[0]!.value.length, 4096)
})

test('whatever the bytes, a batch with requests is refused, or all of it is within its limits', () => {
  const whole = toBinary(BatchSchema, secondOf(0, { requests: requestsOf(0) }))
  const options = { nowNs: NOW_NS, changesMax: 6, seed: 11, numRuns: 1500 }
  const { accepted, refused } = checkChangedBatches(whole, options, ({ batch }) => {
    if (!batch) return
    for (const value of leaves(batch.requests))
      if (typeof value === 'string') assert.doesNotMatch(value, CONTROL)
      else if (typeof value === 'number') assert.ok(!Number.isNaN(value), String(value))
    for (const { client, server } of batch.requests?.series ?? [])
      assert.ok(client < batch.endpoints.length && server < batch.endpoints.length)
  })
  assert.ok(accepted > 50 && refused > 50, `${accepted} accepted, ${refused} refused`)
})
