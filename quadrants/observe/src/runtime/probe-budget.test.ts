import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProbeBudget, type Cost, type CostSample } from './probe-budget.ts'

const STEP_NS = 2e8
const NONE: CostSample = { timeNs: 0, cpuNs: 0, hits: 0, trapNs: 0, programNs: 0 }

/** What a process does in one step: its CPU, and how often its probes are hit. */
interface Step {
  readonly cpuMs: number
  readonly hits: number
}

interface Course {
  /** Of a hit, in the trap and in the program. */
  readonly hitNs?: readonly [number, number]
  readonly shareMax?: number
}

/** Looks at a process as the keeper does. The number of the step at which it was over its budget, and what was told. */
function watch(steps: readonly Step[], { hitNs = [1000, 500], shareMax = 0.01 }: Course = {}) {
  const budget = new ProbeBudget(NONE, 2)
  const told: Cost[] = []
  let cpuNs = 0
  let hits = 0
  for (const [index, step] of steps.entries()) {
    // The clock of /proc has ticks.
    cpuNs += step.cpuMs * 1e6
    hits += step.hits
    const counts = { hits, trapNs: hits * hitNs[0], programNs: hits * hitNs[1] }
    const timeNs = (index + 1) * STEP_NS
    budget.add({ ...counts, timeNs, cpuNs: budget.hasNews(counts) ? Math.floor(cpuNs / 1e7) * 1e7 : -1 })
    const cost = budget.over(shareMax)
    if (cost) return { step: index, cost, told }
    if (index % 5 === 4) {
      const since = budget.take()
      if (since) told.push(since)
    }
  }
  return { step: undefined, cost: undefined, told }
}

const repeat = (count: number, step: Step) => Array<Step>(count).fill(step)

test('over the budget, and how soon', () => {
  const check = (name: string, steps: readonly Step[], expected: number | undefined, course?: Course) =>
    assert.equal(watch(steps, course).step, expected, name)
  const busy = { cpuMs: 200, hits: 0 }
  const flood = { cpuMs: 200, hits: 200_000 }
  check('a million hits a second, from the first step on', repeat(5, flood), 0)
  check('the same after a quiet minute', [...repeat(300, busy), flood, flood], 300)
  check('the same in a process that was idle', [...repeat(300, { cpuMs: 0, hits: 0 }), flood, flood], 300)
  check('two per cent', repeat(20, { cpuMs: 200, hits: 2700 }), 1)
  check('half a per cent, for a minute', repeat(300, { cpuMs: 200, hits: 666 }), undefined)
  check('half a per cent, and a lower limit', repeat(300, { cpuMs: 200, hits: 1333 }), 1, { shareMax: 0.005 })
  check('two per cent that are allowed', repeat(300, { cpuMs: 200, hits: 2700 }), undefined, {
    shareMax: 0.05,
  })
})

test('a collection now and then is no reason, however little else the process does', () => {
  const check = (steps: readonly Step[]) => assert.equal(watch(steps).step, undefined)
  check(repeat(300, { cpuMs: 0, hits: 12 }))
  check([
    ...repeat(100, { cpuMs: 0, hits: 0 }),
    { cpuMs: 1, hits: 60 },
    ...repeat(100, { cpuMs: 0, hits: 0 }),
  ])
  // A hundred collections at once: 1.8 ms, nine per cent of what the process does meanwhile.
  check([
    ...repeat(100, { cpuMs: 0, hits: 0 }),
    { cpuMs: 20, hits: 1200 },
    ...repeat(9, { cpuMs: 20, hits: 0 }),
  ])
})

test('what a hit costs may become known later, and is assumed until then', () => {
  assert.equal(watch(repeat(5, { cpuMs: 200, hits: 200_000 }), { hitNs: [0, 0] }).step, 0)
  const budget = new ProbeBudget({ ...NONE, hits: 0 }, 2)
  const quiet = { hits: 5000, trapNs: 0, programNs: 0 }
  budget.add({ ...quiet, timeNs: 1e9, cpuNs: 1e9 })
  for (let timeNs = 1.2e9; timeNs < 3e9; timeNs += STEP_NS) budget.add({ ...quiet, timeNs, cpuNs: -1 })
  // 10 ms are added at once, for 12 hits.
  const counts = { hits: 5012, trapNs: 5012 * 1000, programNs: 5012 * 1000 }
  budget.add({ ...counts, timeNs: 3e9, cpuNs: 3e9 })
  assert.equal(budget.over(0.001), undefined)
})

test('what is told adds up to what there was, and is told where something happened', () => {
  const { told } = watch([
    ...repeat(5, { cpuMs: 100, hits: 100 }),
    ...repeat(10, { cpuMs: 100, hits: 0 }),
    ...repeat(5, { cpuMs: 100, hits: 50 }),
  ])
  assert.deepEqual(
    told.map(({ intervalNs, cpuNs, hits, trapNs, programNs }) => [
      intervalNs / 1e9,
      cpuNs / 1e9,
      hits,
      trapNs / 1e3,
      programNs / 1e3,
    ]),
    [
      [1, 0.5, 500, 500, 250],
      [3, 1.5, 250, 250, 125],
    ],
  )
  assert.ok(Math.abs(told[0]!.share - 0.0015) < 1e-9)
  assert.ok(watch(repeat(5, { cpuMs: 0, hits: 12 })).told[0]!.share < 0.01)
})
