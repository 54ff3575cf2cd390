import type { RecordText } from './record-encoder.ts'

const MS = 1e6

/** The two ends of a connection on loopback. */
export const client = { cookie: 1, local: '127.0.0.1:40000', remote: '127.0.0.1:80' } as const
export const server = { cookie: 2, local: '127.0.0.1:80', remote: '127.0.0.1:40000' } as const

/** A whole short connection on loopback, as the kernel's programs tell it. */
export const SHORT: readonly RecordText[] = [
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

/** The edge of {@link SHORT}. */
export const SHORT_EDGE =
  'pid7 > pid9:80/tcp cs opened=1 closed=1 bytesToServer=10 bytesToClient=2000 segmentsToServer=5 segmentsToClient=4 ' +
  'retransmits=1 srttUsSum=30 srttSamples=1 srttUsMax=30 connectUsSum=1000 connectSamples=1 connectUsMax=1000'

/** The rows of {@link SHORT}. */
export const SHORT_ROWS = [
  'ACCEPT server 127.0.0.1:80 127.0.0.1:40000 pid9 pid7 flags=1',
  'CLOSE client 127.0.0.1:40000 127.0.0.1:80 pid7 pid9 bytesSent=10 bytesReceived=2000 durationUs=7000 flags=1',
  'CLOSE server 127.0.0.1:80 127.0.0.1:40000 pid9 pid7 bytesSent=2000 bytesReceived=10 durationUs=5000 flags=1',
  'CONNECT client 127.0.0.1:40000 127.0.0.1:80 pid7 pid9 durationUs=1000 flags=1',
]
