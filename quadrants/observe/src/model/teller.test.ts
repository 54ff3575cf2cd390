import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from './testing/check-batch.ts'
import { edgeLines, ModelHarness } from './testing/model-harness.ts'
import type { RecordText } from './testing/record-encoder.ts'
import { client, server } from './testing/short-connection.ts'

const MS = 1e6
const S = 1e9

test('a young connection is held back for one tick, and told once', () => {
  const harness = new ModelHarness()
  harness.apply({
    kind: 'state',
    cookie: 1,
    local: '10.0.0.1:40000',
    remote: '10.9.9.9:443',
    ts: 950 * MS,
    from: 'synSent',
    to: 'established',
  })
  const first = harness.tick(S).batch
  assert.deepEqual(edgeLines(first), [])
  assert.deepEqual([...harness.model.teller.heldOpens], [[1, 1]])
  assert.deepEqual(edgeLines(harness.tick(2 * S).batch), ['10.0.0.1 > 10.9.9.9:443/tcp c opened=1 active=1'])
  assert.deepEqual(edgeLines(harness.tick(3 * S).batch), ['10.0.0.1 > 10.9.9.9:443/tcp c active=1'])
})

test('the last tick holds nothing back', () => {
  const harness = new ModelHarness()
  harness.apply({
    kind: 'state',
    cookie: 1,
    local: '10.0.0.1:40000',
    remote: '10.9.9.9:443',
    ts: 999 * MS,
    from: 'synSent',
    to: 'established',
  })
  assert.equal(edgeLines(harness.tick(S, true).batch).length, 1)
})

test('what does not fit is counted: sockets, edges, addresses, rows', () => {
  const open = (cookie: number, remote: string): RecordText => ({
    kind: 'state',
    cookie,
    local: '10.0.0.1:40000',
    remote,
    ts: 1 * MS,
    from: 'synSent',
    to: 'established',
    pid: 1,
  })
  const full = check(
    [open(1, '10.1.0.1:1'), open(2, '10.1.0.2:2'), open(3, '10.1.0.3:3')],
    {
      edges: [
        '10.0.0.1 > 10.1.0.1:1/tcp c opened=1 active=1',
        '10.0.0.1 > 10.1.0.2:2/tcp c opened=1 active=1',
      ],
    },
    { connections: 2 },
  )
  assert.equal(full.counts.connectionLimit, 1)
  check(
    [open(1, '10.1.0.1:1'), open(2, '10.1.0.2:2'), open(3, '10.1.0.3:3')],
    {
      edges: [
        '10.0.0.1 > 10.1.0.1:1/tcp c opened=1 active=1',
        '~edge-limit > ~edge-limit:0/tcp c opened=2 active=2',
      ],
      drops: ['tracer.edges edge-limit 2'],
    },
    { edges: 1 },
  )
  check(
    [open(1, '10.1.0.1:1'), open(2, '10.1.0.2:1')],
    {
      edges: [
        '10.0.0.1 > 10.1.0.1:1/tcp c opened=1 active=1',
        '10.0.0.1 > ~address-limit:1/tcp c opened=1 active=1',
      ],
      drops: ['tracer.addresses address-limit 1'],
    },
    { addresses: 2 },
  )
  const refused: RecordText = {
    kind: 'state',
    cookie: 9,
    local: '10.0.0.1:40000',
    remote: '10.0.0.2:81',
    ts: 3 * MS,
    from: 'synSent',
    to: 'close',
    error: 111,
  }
  const many = Array.from({ length: 10 }, (_, i) => open(i + 10, '10.1.0.1:1'))
  // Failures have a fifth of the cap for themselves.
  check(
    [...many, refused],
    {
      edges: [
        '10.0.0.1 > 10.0.0.2:81/tcp c failed=1 lastErrno=111',
        '10.0.0.1 > 10.1.0.1:1/tcp c opened=10 active=10',
      ],
      rows: [
        ...Array.from({ length: 4 }, () => 'CONNECT client 10.0.0.1:40000 10.1.0.1:1 - -'),
        'FAIL client 10.0.0.1:40000 10.0.0.2:81 - - error=111',
      ],
      drops: ['agent.flow-cap cap 6'],
    },
    { flows: 5 },
  )
})

test('send and receive records are rows', () => {
  check(
    [
      { kind: 'send', ...client, ts: 1 * MS, pid: 7, sent: 12 },
      { kind: 'receive', ...server, ts: 2 * MS, pid: 9, received: 12 },
    ],
    {
      edges: [],
      rows: [
        'RECEIVE unspecified 127.0.0.1:80 127.0.0.1:40000 pid9 - bytesReceived=12',
        'SEND unspecified 127.0.0.1:40000 127.0.0.1:80 pid7 - bytesSent=12',
      ],
    },
  )
})
