import assert from 'node:assert/strict'
import { test } from 'node:test'
import { edgeLines, ModelHarness } from './testing/model-harness.ts'
import type { RecordText } from './testing/record-encoder.ts'

const MS = 1e6
const S = 1e9

test('counters of 32 bits go on where they wrap', () => {
  const harness = new ModelHarness()
  const sample: RecordText = {
    kind: 'sample',
    cookie: 5,
    local: '10.0.0.1:40000',
    remote: '10.9.9.9:443',
    ts: 1 * MS,
    to: 'established',
    segmentsOut: 0xffff_fff0,
  }
  harness.apply(sample)
  harness.tick(S)
  harness.apply({ ...sample, ts: 1.1 * S, segmentsOut: 0x10 })
  assert.deepEqual(edgeLines(harness.tick(2 * S).batch), [
    '10.0.0.1 > 10.9.9.9:443/tcp c segmentsToServer=32 active=1',
  ])
})
