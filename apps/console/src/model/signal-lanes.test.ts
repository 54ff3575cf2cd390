import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { GetRequestsResponseSchema, type RequestSignalsSchema } from '@quadrant/proto'
import {
  capturedIn,
  capturedPaths,
  columnPaths,
  heatPaths,
  latencyTicks,
  latencyY,
  quantilePath,
  SIGNAL_LANES,
  stepAt,
  stepBeside,
  toSignalStrip,
} from './signal-lanes.ts'
import type { CapturedRow } from './captured-row.ts'
import { GUTTER, type TimeScale } from './strip-drawing.ts'

type SignalsInit = Exclude<MessageInitShape<typeof RequestSignalsSchema>, { $typeName: string }>

/** A second's requests that all took so long; base 2, so a bucket ends at each power of two. */
const point = (second: number, ms: number, more: SignalsInit = {}) => ({
  timeNs: second * 1e9,
  signals: {
    requests: 10,
    requestsPerSecond: 10,
    timed: 10,
    p50Ns: ms * 1e6,
    p99Ns: ms * 1e6,
    durations: {
      scale: 0,
      offset: Math.ceil(Math.log2(ms * 1e6)) - 1,
      counts: [10],
      minNs: ms * 1e6,
      maxNs: ms * 1e6,
    },
    ...more,
  },
})

const strip = toSignalStrip(
  create(GetRequestsResponseSchema, {
    pointSeconds: 1,
    points: [
      point(102, 50, { requests: 40, requestsPerSecond: 40, errors: 2, errorShare: 0.05 }),
      point(100, 2),
      point(101, 2),
      point(106, 2),
    ],
  }),
)
/** Ten pixels a second from the gutter on. */
const scale: TimeScale = { window: { startMs: 100_000, endMs: 110_000 }, width: GUTTER + 100 }

test('steps stand in the order of time, with what is common to all', () => {
  assert.deepEqual(
    strip.steps.map(({ startMs, endMs }) => [startMs, endMs]),
    [
      [100_000, 101_000],
      [101_000, 102_000],
      [102_000, 103_000],
      [106_000, 107_000],
    ],
  )
  assert.deepEqual([strip.rateMax, strip.errorShareMax, strip.leastNs, strip.mostNs], [40, 0.05, 1e6, 1e8])
  assert.deepEqual(latencyTicks(strip), [1e6, 1e7, 1e8])
})

test('columns begin and end with their second, and are as high as their share of the highest', () => {
  const { rate, errors } = columnPaths(strip, scale)
  const { top, height } = SIGNAL_LANES.rate
  assert.deepEqual(rate.split('z').slice(0, 4), [
    `M${GUTTER} ${top + height * 0.75}h10v${height / 4}h-10`,
    `M${GUTTER + 10} ${top + height * 0.75}h10v${height / 4}h-10`,
    `M${GUTTER + 20} ${top}h10v${height}h-10`,
    `M${GUTTER + 60} ${top + height * 0.75}h10v${height / 4}h-10`,
  ])
  assert.equal(errors, `M${GUTTER + 20} ${SIGNAL_LANES.errors.top}h10v${SIGNAL_LANES.errors.height}h-10z`)
})

test('quantiles are a line, broken where no request ended', () => {
  const [ordinary, slow] = [latencyY(strip, 2e6), latencyY(strip, 50e6)]
  assert.ok(slow < ordinary)
  assert.equal(latencyY(strip, 1e8), SIGNAL_LANES.latency.top)
  assert.equal(latencyY(strip, 10), SIGNAL_LANES.latency.top + SIGNAL_LANES.latency.height)
  assert.equal(
    quantilePath(strip, scale, 'p99Ns'),
    `M${GUTTER + 3.5} ${ordinary}L${GUTTER + 5} ${ordinary}L${GUTTER + 15} ${ordinary}L${GUTTER + 25} ${slow}` +
      `M${GUTTER + 63.5} ${ordinary}L${GUTTER + 65} ${ordinary}`,
  )
})

test('the heat has one cell for each band of a second that has times', () => {
  const paths = heatPaths(strip, scale)
  assert.deepEqual(paths.slice(0, 3), ['', '', ''])
  const cells = paths[3]!.split('z').slice(0, -1)
  assert.equal(cells.length, 4)
  assert.ok(cells.every((cell) => cell.includes('h10')))
  // What is out of sight is not drawn.
  assert.equal(heatPaths(strip, { ...scale, window: { startMs: 103_500, endMs: 105_500 } }).join(''), '')
})

test('one step follows the other, and between them is none', () => {
  assert.equal(stepAt(strip, 102_999)?.startMs, 102_000)
  assert.equal(stepAt(strip, 104_000), undefined)
  assert.equal(stepBeside(strip, undefined, -1)?.startMs, 106_000)
  assert.equal(stepBeside(strip, strip.steps[3], -1)?.startMs, 102_000)
  assert.equal(stepBeside(strip, strip.steps[3], 1)?.startMs, 106_000)
  assert.equal(stepBeside(strip, strip.steps[0], -1)?.startMs, 100_000)
})

test('without a request there is nothing to draw, and nothing breaks', () => {
  const empty = toSignalStrip(create(GetRequestsResponseSchema))
  assert.deepEqual(empty.steps, [])
  assert.deepEqual(columnPaths(empty, scale), { rate: '', errors: '' })
  assert.equal(stepBeside(empty, undefined, 1), undefined)
})

test('captured requests are as long as they took, on the lane of latency', () => {
  const row = (timeMs: number, latencyNs: number | undefined, tone = 'good') =>
    ({ timeMs, latencyNs, tone }) as CapturedRow
  const rows = [
    row(101_000, 2e9),
    row(102_500, 50e6, 'bad'),
    row(103_000, undefined),
    row(109_000, 5e9),
    row(50_000, 1e6),
  ]
  const { top } = SIGNAL_LANES.latency
  const y = latencyY(strip, 50e6)
  assert.deepEqual(capturedPaths(rows, strip, scale), {
    // What is longer than the scale lies on its upper edge; what ends out of sight has no end.
    lines: `M${GUTTER + 10} ${top}h20M${GUTTER + 90} ${top}h10`,
    ends: `M${GUTTER + 28} ${top - 2}h4v4h-4z`,
    failedLines: `M${GUTTER + 25} ${y}h0.5`,
    failedEnds: `M${GUTTER + 23.5} ${y - 2}h4v4h-4z`,
  })
  assert.deepEqual(
    strip.steps.map((step) => capturedIn(rows, step).length),
    [0, 0, 1, 0],
  )
})
