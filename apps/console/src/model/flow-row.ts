import { errnoName, errnoText } from '@quadrant/core'
import { type Flow, FlowEvent, Role } from '@quadrant/proto'
import { protocolName } from './map-graph.ts'

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

const EVENTS: Readonly<Record<FlowEvent, readonly [word: string, tone: FlowRow['tone']]>> = {
  [FlowEvent.UNSPECIFIED]: ['unknown', 'quiet'],
  [FlowEvent.LISTEN]: ['listen', 'quiet'],
  [FlowEvent.CONNECT]: ['connect', 'good'],
  [FlowEvent.ACCEPT]: ['accept', 'good'],
  [FlowEvent.CLOSE]: ['close', 'quiet'],
  [FlowEvent.FAIL]: ['fail', 'bad'],
  [FlowEvent.RESET]: ['reset', 'warn'],
  [FlowEvent.EXISTING]: ['existing', 'quiet'],
  [FlowEvent.SEND]: ['send', 'quiet'],
  [FlowEvent.RECEIVE]: ['receive', 'quiet'],
  [FlowEvent.LOST]: ['lost', 'warn'],
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
    name: flow.peerService || flow.peerComm || flow.remoteAddress,
    address: flow.remoteAddress,
    port: flow.remotePort,
    pid: flow.peerPid,
  }
  const isListen = flow.event === FlowEvent.LISTEN
  const hasBytes = !flow.bytesUnknown && !isListen
  const isServer = flow.role === Role.SERVER
  const [event, tone] = EVENTS[flow.event] ?? EVENTS[FlowEvent.UNSPECIFIED]
  return {
    key: flowKey(flow),
    timeMs: flow.timeNs / 1e6,
    event,
    tone,
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
function flowKey(flow: Flow): string {
  return `${flow.timeNs}-${flow.netns}-${flow.cookie}-${flow.event}-${flow.role}`
}
