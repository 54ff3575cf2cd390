import { create } from '@bufbuild/protobuf'
import { formatAddress, matchFieldQuery, type FieldQuery } from '@quadrant/core'
import { FlowEvent, FlowSchema, Role, type Flow, type Protocol } from '@quadrant/proto'
import { decodeFlowColumns, type FlowTable } from '../flow/columns.ts'
import type { FlowSegment } from '../store/store.ts'
import { protocolName } from './node.ts'

/** Bits of FlowColumns.flags. */
const JOINED = 1
const BYTES_UNKNOWN = 2
const RESET_SENT = 4

export interface FlowFilter {
  readonly query: FieldQuery
  /** Also the server's end where both ends are on this host. */
  readonly bothEnds: boolean
}

/** Rows of one segment, in the order they were told, and how to make each a message. */
export interface DecodedFlows {
  readonly matching: readonly number[]
  readonly timeNs: (index: number) => number
  readonly row: (index: number) => Flow
}

export function decodeFlows(segment: FlowSegment, filter: FlowFilter): DecodedFlows {
  const table = decodeFlowColumns(segment.columns)
  const texts: (string | undefined)[] = []
  const addressText = (index: number) => (texts[index] ??= formatAddress(segment.addresses[index]!))
  const row = (index: number) => toFlow(segment, table, index, addressText)
  const matching: number[] = []
  const hasQuery = filter.query.terms.length > 0
  for (let i = 0; i < table.count; i++) {
    if (!filter.bothEnds && table.role[i] === Role.SERVER && (table.flags[i]! & JOINED) !== 0) continue
    if (hasQuery && !matchFieldQuery(filter.query, lookup(row(i)))) continue
    matching.push(i)
  }
  // Rows of one frame are told in the order they were read, nearly that of time.
  matching.sort((a, b) => table.offsetUs[a]! - table.offsetUs[b]!)
  return { matching, row, timeNs: (index) => segment.startNs + table.offsetUs[index]! * 1000 }
}

function toFlow(
  segment: FlowSegment,
  table: FlowTable,
  i: number,
  addressText: (index: number) => string,
): Flow {
  const process = segment.processes[table.process[i]! - 1]
  const peer = segment.processes[table.peerProcess[i]! - 1]
  const flags = table.flags[i]!
  return create(FlowSchema, {
    timeNs: segment.startNs + table.offsetUs[i]! * 1000,
    event: table.event[i] as FlowEvent,
    protocol: table.protocol[i] as Protocol,
    role: table.role[i] as Role,
    localAddress: addressText(table.localAddress[i]!),
    remoteAddress: addressText(table.remoteAddress[i]!),
    localPort: table.localPort[i]!,
    remotePort: table.remotePort[i]!,
    host: segment.host,
    processKey: process?.key,
    service: process?.service,
    comm: process?.comm,
    pid: process?.pid,
    peerProcessKey: peer?.key,
    peerService: peer?.service,
    peerComm: peer?.comm,
    peerPid: peer?.pid,
    cookie: table.cookie[i]!,
    bytesSent: table.bytesSent[i]!,
    bytesReceived: table.bytesReceived[i]!,
    segmentsSent: table.segmentsSent[i]!,
    segmentsReceived: table.segmentsReceived[i]!,
    retransmits: table.retransmits[i]!,
    srttUs: table.srttUs[i]!,
    durationUs: table.durationUs[i]!,
    error: table.error[i]!,
    netns: table.netns[i]!,
    joined: (flags & JOINED) !== 0,
    bytesUnknown: (flags & BYTES_UNKNOWN) !== 0,
    resetSent: (flags & RESET_SENT) !== 0,
  })
}

/** ok, failed, reset or open: how the socket ended, if it did. */
export function flowStatus(event: FlowEvent): string {
  if (event === FlowEvent.FAIL) return 'failed'
  if (event === FlowEvent.RESET) return 'reset'
  return event === FlowEvent.CLOSE || event === FlowEvent.LOST ? 'ok' : 'open'
}

const EVENT_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(FlowEvent).flatMap(([name, value]) =>
    typeof value === 'number' ? [[value, name.toLowerCase()] as const] : [],
  ),
)

function lookup(flow: Flow): (key: string) => readonly string[] | undefined {
  const local = () => names(flow.service, flow.comm, flow.localAddress, flow.host, flow.processKey)
  const remote = () =>
    names(flow.peerService, flow.peerComm, flow.remoteAddress, flow.host, flow.peerProcessKey)
  return (key) => {
    switch (key) {
      case 'from':
        return flow.role === Role.SERVER ? remote() : local()
      case 'to':
        return flow.role === Role.SERVER ? local() : remote()
      case 'svc':
      case '*':
        return [...local(), ...remote()]
      case 'port':
        if (flow.role === Role.CLIENT) return [String(flow.remotePort)]
        if (flow.role === Role.SERVER) return [String(flow.localPort)]
        return [String(flow.localPort), String(flow.remotePort)]
      case 'proto':
        return [protocolName(flow.protocol)]
      case 'status':
        return [flowStatus(flow.event)]
      case 'event':
        return [EVENT_NAMES.get(flow.event) ?? String(flow.event)]
      case 'pid':
        return [flow.pid, flow.peerPid].filter((pid) => pid !== 0).map(String)
      case 'ip':
        return [flow.localAddress, flow.remoteAddress]
      case 'host':
        return [flow.host]
      default:
        return undefined
    }
  }
}

function names(service: string, comm: string, address: string, host: string, key: string): string[] {
  const all = [address, `addr:${address}`]
  if (service) all.push(service, `svc:${service}`)
  if (comm) all.push(comm)
  if (key) all.push(`proc:${host}/${key}`)
  return all
}
