import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from './testing/check-batch.ts'
import { edgeLines, ModelHarness, rowLines } from './testing/model-harness.ts'
import type { RecordText } from './testing/record-encoder.ts'
import { client, server, SHORT, SHORT_EDGE, SHORT_ROWS } from './testing/short-connection.ts'

const MS = 1e6
const S = 1e9

test('a short connection on loopback is one edge with both processes, and four rows', () => {
  const harness = check(SHORT, { edges: [SHORT_EDGE], rows: SHORT_ROWS })
  assert.equal(harness.sockets.count, 0)
})

test('records in any order tell the same', () => {
  check(SHORT.toReversed(), { edges: [SHORT_EDGE] })
  check([...SHORT.slice(3), ...SHORT.slice(0, 3)], { edges: [SHORT_EDGE] })
})

test('records that come twice tell the same', () => {
  check([...SHORT, ...SHORT.slice(1)], { edges: [SHORT_EDGE], rows: SHORT_ROWS })
})

test('failed connects', () => {
  const open: RecordText = {
    kind: 'state',
    cookie: 1,
    local: '10.0.0.1:0',
    remote: '10.0.0.2:81',
    ts: 1 * MS,
    from: 'close',
    to: 'synSent',
    pid: 7,
    flags: ['inProcess'],
  }
  const fail: RecordText = {
    kind: 'state',
    cookie: 1,
    local: '10.0.0.1:40000',
    remote: '10.0.0.2:81',
    ts: 3 * MS,
    from: 'synSent',
    to: 'close',
    error: 111,
  }
  check([open, fail], {
    edges: ['pid7 > 10.0.0.2:81/tcp c failed=1 lastErrno=111'],
    rows: ['FAIL client 10.0.0.1:40000 10.0.0.2:81 pid7 - durationUs=2000 error=111'],
  })
  // A refusal arrives as a reset, and stays a failure.
  check([open, { ...fail, kind: 'reset', flags: ['resetReceived'] }, fail], {
    edges: ['pid7 > 10.0.0.2:81/tcp c failed=1 lastErrno=111'],
  })
  // The program tries again with the same socket.
  check(
    [
      open,
      fail,
      { ...open, ts: 5 * MS },
      { ...fail, ts: 6 * MS },
      { ...open, ts: 7 * MS },
      { ...fail, ts: 8 * MS, from: 'synSent', to: 'established', error: 0 },
    ],
    {
      edges: [
        'pid7 > 10.0.0.2:81/tcp c opened=1 failed=2 active=1 connectUsSum=1000 connectSamples=1 connectUsMax=1000 lastErrno=111',
      ],
    },
  )
})

test('resets', () => {
  const reset: RecordText = {
    kind: 'reset',
    ...server,
    ts: 105 * MS,
    flags: ['resetReceived', 'bytesUnknown'],
  }
  check([...SHORT.slice(0, 3), { ...reset, ...client, flags: ['resetSent'] }, ...SHORT.slice(3), reset], {
    edges: [SHORT_EDGE.replace('closed=1', 'closed=1 reset=1')],
    rows: [
      SHORT_ROWS[0]!,
      SHORT_ROWS[3]!,
      SHORT_ROWS[1]!.replace('CLOSE', 'RESET').replace('flags=1', 'flags=5'),
      SHORT_ROWS[2]!.replace('CLOSE', 'RESET'),
    ],
  })
})

test('UDP: peers of one socket are edges of their own, joined with the other end', () => {
  const a: RecordText = {
    kind: 'udpPeer',
    protocol: 'udp',
    cookie: 1,
    ts: 1 * MS,
    local: '0.0.0.0:40000',
    remote: '127.0.0.1:53',
    pid: 1,
    flags: ['initiator', 'bytesUnknown'],
    segmentsOut: 3,
    segmentsIn: 2,
  }
  const b: RecordText = {
    kind: 'udpPeer',
    protocol: 'udp',
    cookie: 2,
    ts: 2 * MS,
    local: '0.0.0.0:53',
    remote: '127.0.0.1:40000',
    pid: 2,
    flags: ['bytesUnknown'],
    segmentsOut: 2,
    segmentsIn: 3,
  }
  const other: RecordText = { ...b, remote: '10.9.9.9:40001', segmentsOut: 1, segmentsIn: 1 }
  const edges = [
    '10.9.9.9 > pid2:53/udp s opened=1 messagesToServer=1 messagesToClient=1 active=1 bytesUnknown=1',
    'pid1 > pid2:53/udp cs opened=1 messagesToServer=3 messagesToClient=2 active=1 bytesUnknown=1',
  ]
  const harness = check([a, b, other], { edges })
  assert.equal(harness.sockets.count, 3)
  harness.apply({ kind: 'udpClose', protocol: 'udp', cookie: 2, ts: 2 * S, local: '0.0.0.0:53' })
  assert.deepEqual(edgeLines(harness.tick(3 * S).batch), [
    '10.9.9.9 > pid2:53/udp s closed=1 bytesUnknown=1',
    'pid1 > pid2:53/udp cs active=1 bytesUnknown=1',
  ])
})

test('UDP: whoever connects is the client, also where nothing is sent', () => {
  const peer = { kind: 'udpPeer', protocol: 'udp', ts: 1 * MS, pid: 1 } as const
  const flags = ['initiator', 'bytesUnknown', 'messagesUnknown'] as const
  const close = { kind: 'udpClose', protocol: 'udp', ts: 10 * MS } as const
  const harness = new ModelHarness()
  harness.apply(
    { kind: 'passBegin', protocol: 'udp', ts: 0.1 * MS },
    { kind: 'passEnd', protocol: 'udp', ts: 0.2 * MS },
    // Bound by the kernel after connect; connected to another end before.
    { ...peer, cookie: 1, flags, local: '0.0.0.0:0', remote: '10.9.9.9:45000' },
    { ...peer, cookie: 1, flags, local: '10.0.0.1:0', remote: '10.8.8.8:45001' },
    { ...close, cookie: 1, local: '10.0.0.1:40001', remote: '10.9.9.9:45000' },
    // Bound to any port before connect; both ports could be a client's.
    { ...peer, cookie: 2, flags, local: '[::]:40002', remote: '[fd00::9]:45002' },
    { ...close, cookie: 2, local: '[fd00::1]:40002', remote: '[fd00::9]:45002' },
    // A server that answers from a socket of its own.
    { ...peer, cookie: 3, flags, local: '10.0.0.1:4433', remote: '10.9.9.9:40003' },
    // Heard of first, connected after.
    { ...peer, cookie: 4, flags: flags.slice(1), local: '10.0.0.1:40004', remote: '10.9.9.9:30004' },
  )
  assert.deepEqual(
    rowLines(harness.tick(1 * S).batch).map((line) => line.replace(/ (?:durationUs|flags)=\d+/g, '')),
    [
      'ACCEPT server 10.0.0.1:40004 10.9.9.9:30004 pid1 -',
      'ACCEPT server 10.0.0.1:4433 10.9.9.9:40003 pid1 -',
      'CLOSE client 10.0.0.1:40001 10.8.8.8:45001 pid1 -',
      'CLOSE client 10.0.0.1:40001 10.9.9.9:45000 pid1 -',
      'CLOSE client :::40002 fd00::9:45002 pid1 -',
      'CONNECT client 10.0.0.1:40001 10.8.8.8:45001 pid1 -',
      'CONNECT client 10.0.0.1:40001 10.9.9.9:45000 pid1 -',
      'CONNECT client :::40002 fd00::9:45002 pid1 -',
    ],
  )
})

test('UDP: what the kernel forgets counts from 0 when it comes back', () => {
  const peer: RecordText = {
    kind: 'udpPeer',
    protocol: 'udp',
    cookie: 1,
    ts: 1 * MS,
    local: '10.0.0.1:40000',
    remote: '10.9.9.9:53',
    pid: 1,
    flags: ['initiator'],
    segmentsOut: 3,
    sent: 30,
  }
  const harness = check([peer], {
    edges: ['pid1 > 10.9.9.9:53/udp c opened=1 bytesToServer=30 messagesToServer=3 active=1'],
  })
  harness.apply({ ...peer, ts: 2.1 * S, segmentsOut: 4, sent: 40, flags: ['initiator', 'forgotten'] })
  harness.apply({ ...peer, ts: 2.2 * S, segmentsOut: 1, sent: 10 })
  assert.deepEqual(edgeLines(harness.tick(3 * S).batch), [
    'pid1 > 10.9.9.9:53/udp c opened=1 closed=1 bytesToServer=20 messagesToServer=2 active=1',
  ])
  // Evicted without a word.
  harness.apply({ ...peer, ts: 3.2 * S, segmentsOut: 0, sent: 5 })
  assert.deepEqual(edgeLines(harness.tick(4 * S).batch), [
    'pid1 > 10.9.9.9:53/udp c bytesToServer=5 active=1',
  ])
})

test('UDP: a silent peer is not active, and a port that is used again has another client', () => {
  const end = { kind: 'udpPeer', protocol: 'udp' } as const
  const server: RecordText = {
    ...end,
    cookie: 2,
    ts: 2 * MS,
    local: '127.0.0.1:53',
    remote: '127.0.0.1:40000',
    pid: 2,
    segmentsIn: 3,
  }
  const client: RecordText = {
    ...end,
    cookie: 1,
    ts: 1 * MS,
    local: '127.0.0.1:40000',
    remote: '127.0.0.1:53',
    pid: 1,
    flags: ['initiator'],
    segmentsOut: 3,
  }
  const harness = check([client, server], {
    edges: ['pid1 > pid2:53/udp cs opened=1 messagesToServer=3 active=1'],
  })
  harness.apply({ kind: 'udpClose', protocol: 'udp', cookie: 1, ts: 2.1 * S })
  assert.deepEqual(edgeLines(harness.tick(3 * S).batch), ['pid1 > pid2:53/udp cs closed=1'])
  harness.tick(4 * S)
  harness.apply(
    { ...server, ts: 4.1 * S, segmentsIn: 8 },
    { ...client, cookie: 3, ts: 4.1 * S, pid: 4, segmentsOut: 5 },
  )
  assert.deepEqual(edgeLines(harness.tick(5 * S).batch), [
    'pid4 > pid2:53/udp cs opened=1 messagesToServer=5 active=1',
  ])
  assert.deepEqual(edgeLines(harness.tick(14 * S).batch), ['pid4 > pid2:53/udp cs active=1'])
  assert.deepEqual(edgeLines(harness.tick(15 * S).batch), [])
  harness.apply(
    { ...server, ts: 16 * S, segmentsIn: 9 },
    { ...client, cookie: 3, ts: 16 * S, pid: 4, segmentsOut: 6 },
  )
  assert.deepEqual(edgeLines(harness.tick(17 * S).batch), [
    'pid4 > pid2:53/udp cs messagesToServer=1 active=1',
  ])
})
