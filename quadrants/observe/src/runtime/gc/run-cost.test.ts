import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EbpfError } from '@quadrant/ebpf'
import { RunCost } from './run-cost.ts'

const SECOND_NS = 1e9

/** A program that runs only when it is told to, and who has it timed. */
function setUp(refusal?: EbpfError) {
  const stats = { runs: 0, runNs: 0, missed: 0 }
  let holders = 0
  const cost = new RunCost({ stats: () => ({ ...stats }) }, () => {
    if (refusal !== undefined) throw refusal
    holders++
    return { [Symbol.dispose]: () => void holders-- }
  })
  const run = (count: number, ns: number) => {
    stats.runs += count
    stats.runNs += count * ns
  }
  return { cost, run, holders: () => holders }
}

test('programs are timed a second in thirty, until there were enough runs', () => {
  const { cost, run, holders } = setUp()
  assert.equal(cost.meanNs, 0)
  cost.tick(100 * SECOND_NS)
  assert.equal(holders(), 1)
  run(10, 700)
  assert.equal(cost.meanNs, 700)
  cost.tick(100.5 * SECOND_NS)
  assert.equal(holders(), 1)
  cost.tick(101 * SECOND_NS)
  assert.equal(holders(), 0)
  cost.tick(129 * SECOND_NS)
  assert.equal(holders(), 0)
  cost.tick(130 * SECOND_NS)
  assert.equal(holders(), 1)
  run(190, 500)
  cost.tick(130.1 * SECOND_NS)
  assert.equal(holders(), 0)
  assert.equal(cost.meanNs, 510)
  cost.tick(300 * SECOND_NS)
  assert.equal(holders(), 0)
})

test('what others have timed counts, too', () => {
  const { cost, run, holders } = setUp()
  run(200, 600)
  cost.tick(0)
  assert.equal(holders(), 0)
  assert.equal(cost.meanNs, 600)
})

test('nobody is left to time programs for when it is disposed of', () => {
  const { cost, holders } = setUp()
  cost.tick(0)
  assert.equal(holders(), 1)
  cost[Symbol.dispose]()
  assert.equal(holders(), 0)
})

test('where the kernel does not time programs their cost stays unknown', () => {
  const { cost } = setUp(new EbpfError('permission', 'no'))
  cost.tick(0)
  cost.tick(60 * SECOND_NS)
  assert.equal(cost.meanNs, 0)
})
