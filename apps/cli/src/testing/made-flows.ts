import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { FlowEvent, FlowSchema, Protocol, Role, type Flow } from '@quadrant/proto'

/** Noon of a day in the time zone of the test run. */
export const NOON_MS = new Date(2026, 0, 31, 12, 0, 0).getTime()

const CLIENT: MessageInitShape<typeof FlowSchema> = {
  event: FlowEvent.CONNECT,
  protocol: Protocol.TCP,
  role: Role.CLIENT,
  localAddress: '127.0.0.1',
  localPort: 40_000,
  remoteAddress: '127.0.0.1',
  remotePort: 8080,
  host: 'web-1',
  processKey: '11@5',
  service: 'storefront',
  comm: 'storefront',
  pid: 11,
  peerProcessKey: '22@6',
  peerService: 'cart',
  peerComm: 'cart',
  peerPid: 22,
  cookie: 7,
  netns: 4_026_531_840,
  joined: true,
}

/** A flow of the shop, changed as told; `atMs` after noon. */
export function madeFlow(change: MessageInitShape<typeof FlowSchema> = {}, atMs = 0): Flow {
  return create(FlowSchema, { ...CLIENT, timeNs: (NOON_MS + atMs) * 1e6, ...change })
}

/** One flow of each kind that looks different. */
export const SHOP_FLOWS: readonly Flow[] = [
  madeFlow({
    event: FlowEvent.LISTEN,
    role: Role.SERVER,
    localPort: 8080,
    remotePort: 0,
    remoteAddress: '',
    service: 'cart',
    comm: 'cart',
    pid: 22,
    peerService: '',
    peerComm: '',
    peerPid: 0,
  }),
  madeFlow({}, 1),
  madeFlow(
    {
      event: FlowEvent.ACCEPT,
      role: Role.SERVER,
      localPort: 8080,
      remotePort: 40_000,
      service: 'cart',
      comm: 'cart',
      pid: 22,
      peerService: 'storefront',
      peerComm: 'storefront',
      peerPid: 11,
    },
    1,
  ),
  madeFlow(
    {
      event: FlowEvent.CLOSE,
      bytesSent: 1234,
      bytesReceived: 56_789,
      srttUs: 120,
      durationUs: 4_560_000,
      retransmits: 2,
    },
    5,
  ),
  madeFlow(
    {
      event: FlowEvent.FAIL,
      remoteAddress: '::1',
      remotePort: 9999,
      localAddress: '::1',
      error: 111,
      peerService: '',
      peerComm: '',
      peerPid: 0,
      joined: false,
    },
    6,
  ),
  madeFlow({ event: FlowEvent.RESET, bytesSent: 10, resetSent: true, durationUs: 900 }, 7),
  madeFlow(
    {
      protocol: Protocol.UDP,
      remoteAddress: '10.0.0.53',
      remoteName: 'ns1.example.net',
      remotePort: 53,
      bytesUnknown: true,
      roleGuessed: true,
      peerService: '',
      peerComm: '',
      peerPid: 0,
      joined: false,
    },
    8,
  ),
  madeFlow({ service: 'evil\u001b[2Jname', comm: 'evil\u001b[2Jname' }, 9),
]
