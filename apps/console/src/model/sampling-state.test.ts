import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { AgentStatusSchema } from '@quadrant/proto'
import { clockTime } from './clock-text.ts'
import { samplingState, samplingWords } from './sampling-state.ts'

const agent = (
  connected: boolean,
  requests?: { captures?: number; capturesCapped?: number; headerScan?: boolean },
) =>
  create(AgentStatusSchema, {
    connected,
    report: requests ? { requests: { ...requests, effectiveNs: 1.7e18 } } : {},
  })

test('captures and what is over a limit are summed over the hosts that are there', () => {
  const state = samplingState([
    agent(true, { captures: 3, capturesCapped: 40, headerScan: true }),
    agent(true, { captures: 4, capturesCapped: 2 }),
    agent(false, { captures: 1000 }),
    agent(true),
    create(AgentStatusSchema, { connected: true }),
  ])
  assert.deepEqual(state, {
    hosts: 2,
    withoutRequests: 1,
    captures: 7,
    capped: 42,
    scanning: 1,
    generation: 0,
    effectiveMs: 1.7e12,
  })
  assert.equal(
    samplingWords(state, 2),
    `2 hosts follow 2 rules, since ${clockTime(1.7e12)}; heads of requests are searched on 1 of them.`,
  )
})

test('it is said where nobody follows the rules', () => {
  assert.match(samplingWords(samplingState([]), 1), /^No agent is connected/)
  assert.match(samplingWords(samplingState([agent(true)]), 1), /^1 host connected, and none observes/)
  assert.match(
    samplingWords(samplingState([agent(true, {})]), 0),
    /^1 host follows no rule: nothing is captured, since .*; heads of requests are not searched\.$/,
  )
})
