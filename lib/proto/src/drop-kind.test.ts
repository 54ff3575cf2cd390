import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropKind, isCaptureLoss, isFlowLoss, isRequestLoss, isRuntimeLoss, lostCount } from './drop-kind.ts'

test('what is missing, what is not told apart, what had its time', () => {
  const check = (stage: string, reason: string, expected: string) =>
    assert.equal(dropKind({ stage, reason }), expected, stage)
  check('kernel.ring', 'full: state', 'lost')
  check('agent.flow-cap', 'cap', 'lost')
  check('tracer.join', 'ambiguous', 'merged')
  check('tracer.edges', 'edge-limit', 'merged')
  check('server.edges', 'edge-limit', 'merged')
  check('server.requests', 'series-limit', 'merged')
  check('server.retention', 'series-folded', 'merged')
  check('server.retention', 'captures-limit', 'expired')
  check('kernel.dns', 'ring full', 'merged')
  check('tracer.names', 'not asked', 'merged')
  check('server.retention', 'rollup-1s-age', 'expired')
  check('server.retention', 'flow-bytes', 'expired')
  check('server.retention', 'store-bytes', 'lost')
  check('server.retention', 'constructor', 'expired')
  check('a stage of a later version', '', 'lost')
})

test('only what is missing is counted as lost', () => {
  const drops = [
    { stage: 'kernel.ring', reason: 'full: state', count: 3 },
    { stage: 'tracer.join', reason: 'ambiguous', count: 5 },
    { stage: 'server.retention', reason: 'rollup-1s-age', count: 900 },
  ]
  assert.equal(lostCount(drops), 3)
})

test('what is missing of flows', () => {
  const check = (stage: string, reason: string, expected: boolean) =>
    assert.equal(isFlowLoss({ stage, reason }), expected, `${stage} ${reason}`)
  check('agent.flow-cap', 'cap', true)
  check('kernel.ring', 'full: state', true)
  check('kernel.ring', 'full: exec', false)
  check('agent.spool', 'server-away-flows', true)
  check('agent.spool', 'server-away-edges', false)
  check('agent.spool', 'server-away-runtime', false)
  check('agent.spool', 'too-large-profiles', false)
  check('kernel.ring', 'full: gc', false)
  check('runtime.events', 'tick-limit', false)
  check('profile.kernel', 'map full', false)
  check('tracer.checkpoint', 'corrupt', false)
  check('tracer.edges', 'edge-limit', false)
  check('a stage of a later version', '', true)
})

test('what is missing of runtimes', () => {
  const check = (stage: string, reason: string, expected: boolean) => {
    assert.equal(isRuntimeLoss({ stage, reason }), expected, `${stage} ${reason}`)
    if (expected) assert.equal(isFlowLoss({ stage, reason }), false)
  }
  check('kernel.ring', 'full: gc', true)
  check('runtime.gc', 'reordered', true)
  check('profile.stacks', 'full', true)
  check('agent.spool', 'server-away-runtime', true)
  check('agent.spool', 'server-away-flows', false)
  check('kernel.ring', 'full: state', false)
  check('agent.flow-cap', 'cap', false)
})

test('what is missing of requests, and of those in full', () => {
  const check = (stage: string, reason: string, isRequest: boolean, isCapture: boolean) => {
    const drop = { stage, reason }
    assert.deepEqual([isRequestLoss(drop), isCaptureLoss(drop)], [isRequest, isCapture], `${stage} ${reason}`)
    if (isRequest) assert.deepEqual([isFlowLoss(drop), isRuntimeLoss(drop)], [false, false])
  }
  check('kernel.http.requests', 'bytes of the connection missed', true, false)
  check('kernel.http.heads', 'ring full', true, true)
  check('kernel.http2.records', 'ring full', true, false)
  check('http2.exchanges', 'too many at a time on one connection', true, false)
  check('http2.captures', 'more than the rule allows', true, true)
  check('tracer.requests', 'series-limit', true, false)
  check('tracer.requests', 'capture-batch-limit', true, true)
  check('tracer.requests', 'capture-changed-hands', true, true)
  check('streams.exchanges', 'bytes of the connection missed or not read', true, false)
  check('tls.ring', 'ring full', true, false)
  check('streams.captures', 'more than the rule allows', true, true)
  check('tls.captures', 'not taken in time', true, true)
  check('agent.spool', 'server-away-requests', true, true)
  check('agent.spool', 'server-away-flows', false, false)
  check('server.requests', 'series-limit', false, false)
  check('kernel.ring', 'full: state', false, false)
})
