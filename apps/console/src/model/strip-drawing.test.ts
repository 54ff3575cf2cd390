import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { FlowEvent, GcTrigger, GetRuntimeResponseSchema, Role } from '@quadrant/proto'
import { toRuntimeStrip } from './runtime-strip.ts'
import {
  collectionPaths,
  durationScale,
  durationY,
  flowPaths,
  GUTTER,
  LANES,
  linePath,
  longestPauseMs,
  msOf,
  spanOf,
  xOf,
  type TimeScale,
} from './strip-drawing.ts'

const START_MS = 1_700_000_000_000
const scale: TimeScale = { window: { startMs: START_MS, endMs: START_MS + 1000 }, width: GUTTER + 1000 }
const ns = (ms: number) => (START_MS + ms) * 1e6

const strip = toRuntimeStrip(
  create(GetRuntimeResponseSchema, {
    processes: ['proc:a/1@1'],
    gcCycles: [
      {
        startNs: ns(400),
        endNs: ns(460),
        sweepTerminationNs: 4e6,
        markTerminationStartNs: ns(452),
        markTerminationNs: 8e6,
        trigger: GcTrigger.FORCED,
      },
      { startNs: ns(5000), endNs: ns(5010), sweepTerminationNs: 90e6, trigger: GcTrigger.HEAP },
    ],
    slowFlows: [
      { timeNs: ns(463), durationUs: 100_000, event: FlowEvent.CLOSE, role: Role.SERVER, service: 'cart' },
      { timeNs: ns(1500), durationUs: 1e6, event: FlowEvent.RESET, role: Role.SERVER, service: 'cart' },
    ],
    goFigures: [0, 500, 1000].map((ms) => ({ timeNs: ns(ms), goroutines: 50 + ms / 10, known: 2 ** 11 })),
  }),
)

/** Rectangles and lines of a path: `M x y` with relative steps. */
function boxes(path: string): { x: number; y: number; width: number }[] {
  return [...path.matchAll(/M([\d.]+) ([\d.]+)(?:v-?[\d.]+)?h([\d.]+)/g)].map(([, x, y, width]) => ({
    x: Number(x),
    y: Number(y),
    width: Number(width),
  }))
}

test('a time has its place, and a place its time', () => {
  assert.equal(xOf(scale, START_MS + 250), GUTTER + 250)
  assert.equal(msOf(scale, GUTTER + 250), START_MS + 250)
  assert.deepEqual(spanOf(scale, { startMs: START_MS - 50, endMs: START_MS + 50 }), { x: GUTTER, width: 50 })
  assert.equal(spanOf(scale, { startMs: START_MS + 1001, endMs: START_MS + 1002 }), undefined)
})

test('the pauses of a collection are where they were, and as high as they were long', () => {
  const longestMs = longestPauseMs(strip.collections, scale.window)
  // The longer one of another time does not count.
  assert.equal(longestMs, 8)
  const { bars, forcedBars, pauses } = collectionPaths(strip.collections, scale, longestMs)
  assert.equal(bars, '')
  assert.deepEqual(
    boxes(forcedBars).map(({ x, width }) => [x - GUTTER, width]),
    [[400, 60]],
  )
  assert.deepEqual(
    boxes(pauses).map(({ x, width }) => [x - GUTTER, width]),
    [
      [400, 4],
      [452, 8],
    ],
  )
  const heights = [...pauses.matchAll(/v-([\d.]+)/g)].map(([, height]) => Number(height))
  assert.equal(heights[1], 2 * heights[0]!)
})

test('a flow lies over the time that it was open, longer ones higher', () => {
  const durations = durationScale(strip.flows, scale.window)
  assert.deepEqual(
    durations.ticksMs.map((ms) => Math.round(ms)),
    [100, 1000],
  )
  const { lines, points, failedLines, failedPoints } = flowPaths(strip.flows, scale, durations)
  assert.deepEqual(
    boxes(lines).map(({ x, width }) => [x - GUTTER, width]),
    [[363, 100]],
  )
  assert.notEqual(points, '')
  // It ended after what is in sight: it goes to the rim, and has no end there.
  assert.deepEqual(
    boxes(failedLines).map(({ x, width }) => [x - GUTTER, width]),
    [[500, 500]],
  )
  assert.equal(failedPoints, '')
  assert.equal(durationY(durations, 1000), LANES.flows.top)
  assert.equal(durationY(durations, 100), LANES.flows.top + LANES.flows.height)
  assert.equal(durationY(durations, 1), LANES.flows.top + LANES.flows.height)
})

test('a line has its points at their height, and none where nothing was read', () => {
  const line = strip.goroutines[0]!
  const { top, height } = LANES.goroutines
  assert.equal(
    linePath(line, scale, LANES.goroutines, 200),
    `M${GUTTER} ${top + height * 0.75}L${GUTTER + 500} ${top + height * 0.5}L${GUTTER + 1000} ${top + height * 0.25}`,
  )
  const [first, , last] = line.values
  const broken = { ...line, values: [first!, null, last!] }
  assert.equal(linePath(broken, scale, LANES.goroutines, 200).match(/M/g)?.length, 2)
})
