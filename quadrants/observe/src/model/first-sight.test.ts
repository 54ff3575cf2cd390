import assert from 'node:assert/strict'
import { test } from 'node:test'
import { edgeLines, ModelHarness, rowLines } from './testing/model-harness.ts'
import type { RecordText } from './testing/record-encoder.ts'

const MS = 1e6
const S = 1e9

test('sockets that were there before are a baseline, and close with their whole life', () => {
  const harness = new ModelHarness()
  const sample: RecordText = {
    kind: 'sample',
    cookie: 5,
    local: '10.0.0.1:22',
    remote: '10.9.9.9:50000',
    ts: 10 * MS,
    from: 'established',
    to: 'established',
    sent: 1000,
    received: 500,
  }
  harness.apply(
    { kind: 'passBegin', ts: 9 * MS },
    { kind: 'sample', cookie: 4, local: '0.0.0.0:22', ts: 10 * MS, from: 'listen', to: 'listen' },
    sample,
    { kind: 'passEnd', ts: 11 * MS },
    { ...sample, kind: 'owner', pid: 3 },
    { kind: 'owner', cookie: 4, local: '0.0.0.0:22', ts: 10 * MS, from: 'listen', to: 'listen', pid: 2 },
  )
  const first = harness.tick(S).batch
  assert.deepEqual(edgeLines(first), ['10.9.9.9 > pid3:22/tcp s active=1'])
  assert.deepEqual(rowLines(first), [
    'EXISTING server 10.0.0.1:22 10.9.9.9:50000 pid3 - bytesSent=1000 bytesReceived=500',
    'LISTEN server 0.0.0.0:22 0.0.0.0:0 pid2 -',
  ])
  harness.apply({ ...sample, ts: 1.5 * S, sent: 1300, received: 500, rttUs: 40 })
  assert.deepEqual(edgeLines(harness.tick(2 * S).batch), [
    '10.9.9.9 > pid3:22/tcp s bytesToClient=300 active=1 srttUsSum=40 srttSamples=1 srttUsMax=40',
  ])
  harness.apply({
    ...sample,
    kind: 'state',
    ts: 2.1 * S,
    from: 'lastAck',
    to: 'close',
    sent: 1301,
    received: 501,
  })
  const last = harness.tick(3 * S).batch
  assert.deepEqual(edgeLines(last), ['10.9.9.9 > pid3:22/tcp s closed=1 bytesToServer=1 bytesToClient=1'])
  assert.deepEqual(rowLines(last), [
    'CLOSE server 10.0.0.1:22 10.9.9.9:50000 pid3 - bytesSent=1301 bytesReceived=501',
  ])
})

test('a lost open is found by the next pass, and counted from nothing', () => {
  const harness = new ModelHarness()
  harness.apply({ kind: 'passBegin', ts: 1 * MS }, { kind: 'passEnd', ts: 2 * MS })
  harness.apply({
    kind: 'sample',
    cookie: 5,
    local: '10.0.0.1:40000',
    remote: '10.9.9.9:443',
    ts: S - 1,
    to: 'established',
    sent: 77,
  })
  assert.deepEqual(edgeLines(harness.tick(S).batch), [
    '10.0.0.1 > 10.9.9.9:443/tcp c opened=1 bytesToServer=77 active=1',
  ])
})
