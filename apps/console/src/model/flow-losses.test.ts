import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addLiveLosses, addPastLosses, lostFlows, NO_LOSSES, type FlowLosses } from './flow-losses.ts'

const told = (untilNs: number, count: number) => ({
  untilNs,
  drops: [{ stage: 'agent.flow-cap', reason: 'cap', count }],
})
const count = (losses: FlowLosses) => lostFlows(losses).reduce((sum, drop) => sum + drop.count, 0)

test('losses that the past and the stream both tell count once, in whatever order they come', () => {
  const live = [told(10, 1), told(11, 20), told(12, 300)]
  const past = told(11, 21)
  for (let at = 0; at <= live.length; at++) {
    let losses = NO_LOSSES
    for (const one of live.slice(0, at)) losses = addLiveLosses(losses, one)
    losses = addPastLosses(losses, past)
    for (const one of live.slice(at)) losses = addLiveLosses(losses, one)
    assert.equal(count(losses), 321, `the past after ${at}`)
  }
})

test('what waits for the past is shown already, and is bounded', () => {
  let losses = NO_LOSSES
  for (let second = 1; second <= 2000; second++) losses = addLiveLosses(losses, told(second, 2))
  assert.equal(count(losses), 4000)
  assert.equal(losses.waiting.length, 600)
  assert.equal(count(addPastLosses(losses, told(0, 5))), 4005)
})

test('what is not told apart, and silence, are no losses', () => {
  const merged = { untilNs: 1, drops: [{ stage: 'tracer.join', reason: 'ambiguous', count: 5 }] }
  assert.equal(count(addPastLosses(NO_LOSSES, merged)), 0)
  assert.equal(addLiveLosses(NO_LOSSES, { untilNs: 1, drops: [] }), NO_LOSSES)
})
