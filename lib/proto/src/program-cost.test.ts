import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { AgentReportSchema } from './gen/quadrant/v1/agent_pb.ts'
import { programCosts } from './program-cost.ts'

const PROGRAMS = [
  { name: 'b', attach: 'iter/tcp', sampleRuns: 4, sampleRunNs: 2_000_000, runs: 9, runNs: 9e9 },
  { name: 'a', attach: 'tp_btf/x', sampleRuns: 20_000, sampleRunNs: 16_000_000, missed: 3 },
  { name: 'c', attach: 'cgroup/connect4' },
]
const costs = (report: MessageInitShape<typeof AgentReportSchema>) =>
  programCosts(create(AgentReportSchema, report))

test('rates and shares are over the sample, the costliest first', () => {
  const programSample = { endNs: 5e18, lengthNs: 2e9 }
  assert.deepEqual(costs({ programs: PROGRAMS, programSample }), {
    sample: programSample,
    problem: '',
    programs: [
      { name: 'a', attach: 'tp_btf/x', missed: 3, runsPerSecond: 10_000, runNs: 800, coreShare: 0.008 },
      { name: 'b', attach: 'iter/tcp', missed: 0, runsPerSecond: 2, runNs: 500_000, coreShare: 0.001 },
      { name: 'c', attach: 'cgroup/connect4', missed: 0, runsPerSecond: 0, runNs: 0, coreShare: 0 },
    ],
    coreShare: 0.009000000000000001,
  })
})

test('without a sample nothing is claimed', () => {
  for (const programSample of [undefined, { problem: 'permission' }]) {
    const { sample, problem, programs, coreShare } = costs({
      programs: [{ name: 'a', runs: 5, runNs: 100, sampleRuns: 1, sampleRunNs: 20 }],
      ...(programSample ? { programSample } : {}),
    })
    assert.deepEqual([sample, problem, coreShare], [undefined, programSample?.problem ?? '', 0])
    assert.deepEqual(programs, [
      { name: 'a', attach: '', missed: 0, runsPerSecond: 0, runNs: 0, coreShare: 0 },
    ])
  }
})
