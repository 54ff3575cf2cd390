import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropLines, edgeLines, ModelHarness, rowLines, type HarnessOptions } from './testing/model-harness.ts'
import type { RecordText } from './testing/record-encoder.ts'

const MS = 1e6
const S = 1e9

const client = { cookie: 1, local: '127.0.0.1:40000', remote: '127.0.0.1:80' } as const
const server = { cookie: 2, local: '127.0.0.1:80', remote: '127.0.0.1:40000' } as const

/** A whole short connection on loopback, as the kernel's programs tell it. */
const SHORT: readonly RecordText[] = [
  {
    kind: 'state',
    ...client,
    local: '127.0.0.1:0',
    ts: 100 * MS,
    from: 'close',
    to: 'synSent',
    pid: 7,
    flags: ['inProcess'],
  },
  { kind: 'state', ...server, ts: 101 * MS, from: 'synRecv', to: 'established' },
  { kind: 'state', ...client, ts: 101 * MS, from: 'synSent', to: 'established' },
  {
    kind: 'state',
    ...client,
    ts: 104 * MS,
    from: 'established',
    to: 'finWait1',
    pid: 7,
    flags: ['inProcess'],
    sent: 10,
    received: 2000,
  },
  {
    kind: 'state',
    ...server,
    ts: 105 * MS,
    from: 'closeWait',
    to: 'lastAck',
    pid: 9,
    flags: ['inProcess', 'finReceived'],
    sent: 2000,
    received: 10,
    retransmits: 1,
  },
  {
    kind: 'state',
    ...server,
    ts: 106 * MS,
    from: 'lastAck',
    to: 'close',
    flags: ['finReceived'],
    sent: 2000,
    received: 10,
    retransmits: 1,
    segmentsOut: 4,
    segmentsIn: 5,
  },
  {
    kind: 'state',
    ...client,
    ts: 107 * MS,
    from: 'finWait2',
    to: 'close',
    sent: 10,
    received: 2000,
    segmentsOut: 5,
    segmentsIn: 4,
    rttUs: 30,
  },
]

const SHORT_EDGE =
  'pid7 > pid9:80/tcp cs opened=1 closed=1 bytesToServer=10 bytesToClient=2000 segmentsToServer=5 segmentsToClient=4 ' +
  'retransmits=1 srttUsSum=30 srttSamples=1 srttUsMax=30 connectUsSum=1000 connectSamples=1 connectUsMax=1000'

const SHORT_ROWS = [
  'ACCEPT server 127.0.0.1:80 127.0.0.1:40000 pid9 pid7 flags=1',
  'CLOSE client 127.0.0.1:40000 127.0.0.1:80 pid7 pid9 bytesSent=10 bytesReceived=2000 durationUs=7000 flags=1',
  'CLOSE server 127.0.0.1:80 127.0.0.1:40000 pid9 pid7 bytesSent=2000 bytesReceived=10 durationUs=5000 flags=1',
  'CONNECT client 127.0.0.1:40000 127.0.0.1:80 pid7 pid9 durationUs=1000 flags=1',
]

interface Expected {
  readonly edges: readonly string[]
  readonly rows?: readonly string[]
  readonly drops?: readonly string[]
}

function check(records: readonly RecordText[], expected: Expected, options?: HarnessOptions, ns = S) {
  const harness = new ModelHarness(options)
  harness.apply(...records)
  const { batch } = harness.tick(ns)
  assert.deepEqual(edgeLines(batch), expected.edges)
  if (expected.rows) assert.deepEqual(rowLines(batch), expected.rows)
  assert.deepEqual(dropLines(batch), expected.drops ?? [])
  harness.tick(ns + S)
  return harness
}

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

test('the listener tells who serves until it is known better', () => {
  const harness = new ModelHarness()
  harness.apply(
    {
      kind: 'state',
      cookie: 4,
      local: '0.0.0.0:80',
      ts: 1 * MS,
      from: 'close',
      to: 'listen',
      pid: 2,
      flags: ['inProcess'],
    },
    { kind: 'state', ...server, ts: 100 * MS, from: 'synRecv', to: 'established' },
  )
  assert.deepEqual(edgeLines(harness.tick(S).batch), ['127.0.0.1 > pid2:80/tcp s opened=1 active=1'])
  harness.apply({ kind: 'owner', ...server, ts: 1.1 * S, to: 'established', pid: 5, received: 4 })
  assert.deepEqual(edgeLines(harness.tick(2 * S).batch), [
    '127.0.0.1 > pid5:80/tcp s bytesToServer=4 active=1',
  ])
})

test('the other end is looked for in the same namespace first, and an ambiguous one is left alone', () => {
  const a: RecordText = {
    kind: 'state',
    cookie: 1,
    netns: 1,
    local: '10.0.0.1:4000',
    remote: '10.0.0.2:80',
    ts: 1 * MS,
    from: 'synSent',
    to: 'established',
    pid: 1,
  }
  const b: RecordText = {
    kind: 'state',
    cookie: 2,
    netns: 2,
    local: '10.0.0.2:80',
    remote: '10.0.0.1:4000',
    ts: 1 * MS,
    from: 'synRecv',
    to: 'established',
    pid: 2,
  }
  const owners = (...records: RecordText[]) =>
    Array.from(records, (record): RecordText => ({ ...record, kind: 'owner' }))
  check([a, b, ...owners(a, b)], { edges: ['pid1 > pid2:80/tcp cs opened=1 active=1'] })
  const twin: RecordText = { ...b, cookie: 3, netns: 3, pid: 3 }
  check([a, b, twin, ...owners(a, b, twin)], {
    edges: [
      '10.0.0.1 > pid2:80/tcp s opened=1 active=1',
      '10.0.0.1 > pid3:80/tcp s opened=1 active=1',
      'pid1 > 10.0.0.2:80/tcp c opened=1 active=1',
    ].sort(),
    drops: ['tracer.join ambiguous 1'],
  })
  const near: RecordText = { ...b, cookie: 4, netns: 1, pid: 4 }
  check([a, b, near, ...owners(a, b, near)], {
    edges: ['10.0.0.1 > pid2:80/tcp s opened=1 active=1', 'pid1 > pid4:80/tcp cs opened=1 active=1'],
  })
  // Loopback addresses mean another machine in another namespace.
  const far: RecordText[] = [
    { ...a, local: '127.0.0.1:4000', remote: '127.0.0.1:80' },
    { ...b, local: '127.0.0.1:80', remote: '127.0.0.1:4000' },
  ]
  check([...far, ...owners(...far)], {
    edges: ['127.0.0.1 > pid2:80/tcp s opened=1 active=1', 'pid1 > 127.0.0.1:80/tcp c opened=1 active=1'],
  })
  const six: RecordText[] = [
    { ...a, netns: 2, local: '[fd00::1]:4000', remote: '[fd00::2]:80' },
    { ...b, local: '[fd00::2]:80', remote: '[fd00::1]:4000' },
  ]
  check([...six, ...owners(...six)], { edges: ['pid1 > pid2:80/tcp cs opened=1 active=1'] })
})

test('a tuple that is used again joins its own other end', () => {
  const later = (records: readonly RecordText[]) =>
    records.map((record): RecordText => ({
      ...record,
      cookie: record.cookie! + 10,
      ts: record.ts! + 200 * MS,
    }))
  check([...SHORT, ...later(SHORT)], {
    edges: [
      'pid7 > pid9:80/tcp cs opened=2 closed=2 bytesToServer=20 bytesToClient=4000 segmentsToServer=10 segmentsToClient=8 ' +
        'retransmits=2 srttUsSum=60 srttSamples=2 srttUsMax=30 connectUsSum=2000 connectSamples=2 connectUsMax=1000',
    ],
  })
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

test('a lost close is found by two passes that miss the socket', () => {
  const harness = new ModelHarness()
  const pass = (ts: number): RecordText[] => [
    { kind: 'passBegin', ts },
    { kind: 'passEnd', ts: ts + MS },
  ]
  harness.apply(...pass(1 * MS))
  harness.apply({
    kind: 'state',
    cookie: 5,
    local: '10.0.0.1:40000',
    remote: '10.9.9.9:443',
    ts: 100 * MS,
    from: 'synSent',
    to: 'established',
  })
  harness.tick(S)
  harness.apply(...pass(1.1 * S))
  assert.deepEqual(edgeLines(harness.tick(2 * S).batch), ['10.0.0.1 > 10.9.9.9:443/tcp c active=1'])
  harness.apply(...pass(2.1 * S))
  const { batch } = harness.tick(3 * S)
  assert.deepEqual(dropLines(batch), ['tracer.connections close-missed 1'])
  assert.deepEqual(edgeLines(batch), ['10.0.0.1 > 10.9.9.9:443/tcp c closed=1'])
  assert.deepEqual(rowLines(batch), ['LOST client 10.0.0.1:40000 10.9.9.9:443 - - durationUs=2900000'])
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
