import { errnoName, errnoText } from '@quadrant/core'
import { type Flow, FlowEvent, flowEventName, protocolName, Role } from '@quadrant/proto'

/** One end of a connection: the name that is known for it, and where it is. */
export interface FlowEnd {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly pid: number
}

/** A flow as a row of the table: client on the left, server on the right, whichever end saw it. */
export interface FlowRow {
  readonly key: string
  readonly timeMs: number
  readonly event: string
  readonly tone: 'good' | 'quiet' | 'warn' | 'bad'
  readonly from: FlowEnd
  readonly to: FlowEnd
  readonly protocol: string
  /** Undefined where they are not counted. */
  readonly bytesToServer: number | undefined
  readonly bytesToClient: number | undefined
  readonly srttUs: number
  readonly durationUs: number
  readonly error: string
  readonly errorText: string
  readonly source: Flow
}

const TONES: Readonly<Partial<Record<FlowEvent, FlowRow['tone']>>> = {
  [FlowEvent.CONNECT]: 'good',
  [FlowEvent.ACCEPT]: 'good',
  [FlowEvent.FAIL]: 'bad',
  [FlowEvent.RESET]: 'warn',
  [FlowEvent.LOST]: 'warn',
}

const NOBODY: FlowEnd = { name: '', address: '', port: 0, pid: 0 }

export function toFlowRow(flow: Flow): FlowRow {
  const local: FlowEnd = {
    name: flow.service || flow.comm || flow.localAddress,
    address: flow.localAddress,
    port: flow.localPort,
    pid: flow.pid,
  }
  const remote: FlowEnd = {
    name: flow.peerService || flow.peerComm || flow.remoteName || flow.remoteAddress,
    address: flow.remoteAddress,
    port: flow.remotePort,
    pid: flow.peerPid,
  }
  const isListen = flow.event === FlowEvent.LISTEN
  const hasBytes = !flow.bytesUnknown && !isListen
  const isServer = flow.role === Role.SERVER
  return {
    key: flowKey(flow),
    timeMs: flow.timeNs / 1e6,
    event: flowEventName(flow.event),
    tone: TONES[flow.event] ?? 'quiet',
    // Who listens has nobody at the other end yet.
    from: isListen ? NOBODY : isServer ? remote : local,
    to: isServer || isListen ? local : remote,
    protocol: protocolName(flow.protocol),
    bytesToServer: !hasBytes ? undefined : isServer ? flow.bytesReceived : flow.bytesSent,
    bytesToClient: !hasBytes ? undefined : isServer ? flow.bytesSent : flow.bytesReceived,
    srttUs: flow.srttUs,
    durationUs: flow.durationUs,
    error: errnoName(flow.error),
    errorText: errnoText(flow.error),
    source: flow,
  }
}

/** The same row of the past and of the live stream has the same key. */
export function flowKey(flow: Flow): string {
  const { timeNs, host, netns, cookie, event, role, remoteAddress, remotePort } = flow
  // One UDP socket may tell of several peers at once.
  return [timeNs, host, netns, cookie, event, role, remoteAddress, remotePort].join('-')
}
