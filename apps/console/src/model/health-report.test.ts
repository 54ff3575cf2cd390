import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { CheckSchema, CheckStatus, DropCountSchema, StageCountSchema } from '@quadrant/proto'
import { cpuShare, groupChecks, stageLedger, verdictSummary } from './health-report.ts'

const check = (category: string, status: CheckStatus) =>
  create(CheckSchema, { category, status, id: `${category}.x` })

test('checks stand in the order of the command line, unknown categories last', () => {
  const checks = [
    check('later', CheckStatus.OK),
    check('cost', CheckStatus.OK),
    check('kernel', CheckStatus.FATAL),
    check('kernel', CheckStatus.OK),
  ]
  assert.deepEqual(
    groupChecks(checks).map(({ category, okCount }) => [category, okCount]),
    [
      ['kernel', 1],
      ['cost', 1],
      ['later', 1],
    ],
  )
  assert.equal(verdictSummary(checks), '1 fatal, 3 ok')
})

test('the books are joined by stage, and say when they do not add up', () => {
  const stages = [
    create(StageCountSchema, { stage: 'ring', seen: 100, kept: 90 }),
    create(StageCountSchema, { stage: 'cap', seen: 90, kept: 80 }),
  ]
  const drops = [
    create(DropCountSchema, { stage: 'ring', reason: 'full', count: 10 }),
    create(DropCountSchema, { stage: 'cap', reason: 'rate', count: 7 }),
    create(DropCountSchema, { stage: 'spool', reason: 'old', count: 3 }),
    create(DropCountSchema, { stage: 'spool', reason: 'none', count: 0 }),
  ]
  const [ring, cap, spool] = stageLedger(stages, drops)
  assert.deepEqual([ring!.dropped, ring!.unaccounted], [10, 0])
  assert.equal(cap!.unaccounted, 3)
  assert.deepEqual([spool!.seen, spool!.reasons.length], [3, 1])
})

test('CPU is a share of one core between two readings, or not known', () => {
  assert.equal(cpuShare({ timeMs: 0, cpuUs: 0 }, { timeMs: 1000, cpuUs: 250_000 }), 0.25)
  assert.equal(cpuShare(undefined, { timeMs: 1000, cpuUs: 1 }), undefined)
  // A new process starts counting at zero.
  assert.equal(cpuShare({ timeMs: 0, cpuUs: 500 }, { timeMs: 1000, cpuUs: 100 }), undefined)
})
