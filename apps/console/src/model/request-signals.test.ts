import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { RequestSignalsSchema } from '@quadrant/proto'
import { describeSignals, hasRequests, signalsLabel, sumRates, timeText } from './request-signals.ts'

const signals = create(RequestSignalsSchema, {
  requests: 7080,
  requestsPerSecond: 118,
  errors: 85,
  errorShare: 0.012,
  timed: 7000,
  p50Ns: 3.1e6,
  p99Ns: 34e6,
  maxNs: 1.2e9,
})

test('a label has two digits of each, and no errors where there are none', () => {
  assert.equal(signalsLabel(signals), '118/s 1.2 % 34 ms')
  assert.equal(signalsLabel({ ...signals, requestsPerSecond: 3418, errors: 0 }), '3.4k/s 34 ms')
  assert.equal(signalsLabel({ ...signals, requestsPerSecond: 0.25, errors: 0, timed: 0 }), '0.25/s')
  assert.equal(signalsLabel({ ...signals, errorShare: 0.00001, p99Ns: 99.6e6 }), '118/s < 0.01 % 100 ms')
})

test('in words all of it is said', () => {
  assert.equal(describeSignals(signals), '118 requests a second, 1.20 % errors, median 3.10 ms, p99 34.0 ms')
  assert.equal(
    describeSignals({ ...signals, errors: 0, timed: 0 }),
    '118 requests a second, no errors, none of them timed',
  )
})

test('rates and errors of several edges are summed, not their shares', () => {
  const other = { ...signals, requests: 120, requestsPerSecond: 2, errors: 115, errorShare: 115 / 120 }
  assert.deepEqual(sumRates([signals, undefined, other, create(RequestSignalsSchema)]), {
    requests: 7200,
    errors: 200,
    requestsPerSecond: 120,
    errorShare: 200 / 7200,
  })
  assert.equal(sumRates([undefined]), undefined)
})

test('what was not timed has no time, and what was not seen no requests', () => {
  assert.equal(timeText(signals, 'maxNs'), '1.20 s')
  assert.equal(timeText({ ...signals, timed: 0 }, 'p99Ns'), '–')
  assert.equal(hasRequests(undefined), false)
  assert.equal(hasRequests(create(RequestSignalsSchema)), false)
  assert.equal(hasRequests(signals), true)
})
