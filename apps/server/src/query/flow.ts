import {
  endNames,
  flowLookup,
  formatAddress,
  matchFieldQuery,
  type FieldQuery,
  type QueriedFlow,
} from '@quadrant/core'
import {
  Role,
  flowEventName,
  flowStatus,
  protocolName,
  type Flow,
  type FlowEvent,
  type Protocol,
} from '@quadrant/proto'
import { decodeFlowColumns, type FlowTable } from '../flow/columns.ts'
import type { FlowSegment, ProcessRef } from '../store/store.ts'
import { rankNames } from './address-names.ts'

/** Bits of FlowColumns.flags. */
const JOINED = 1
const BYTES_UNKNOWN = 2
const RESET_SENT = 4
const ROLE_GUESSED = 8

/** Names that came up to a minute after a segment began are taken for it: they are told once a second, and later than flows. */
const SEGMENT_NS = 60e9
const NONE: readonly string[] = []

export interface FlowFilter {
  readonly query: FieldQuery
  /** Also the server's end where both ends are on this host. */
  readonly bothEnds: boolean
}

/** One end of a flow. */
export interface FlowEnd {
  readonly process: ProcessRef | undefined
  readonly address: string
  /** Of the address, the likeliest first; none where the process is known. */
  readonly names: readonly string[]
}

/** Rows of one segment by index, and how to make each a message. */
export interface DecodedFlows {
  /** Those that the filter lets pass, by time. */
  readonly matching: readonly number[]
  readonly timeNs: (index: number) => number
  readonly row: (index: number) => Flow
  /** Client, then server; where the role is not known, local, then remote. */
  readonly ends: (index: number) => readonly [FlowEnd, FlowEnd]
  readonly serverPort: (index: number) => number
  readonly protocol: (index: number) => number
  readonly event: (index: number) => number
  /** Since the socket was opened; 0 where that was not seen. */
  readonly durationUs: (index: number) => number
}

/** Decodes one segment. Filters work on the columns: only rows that are asked for become objects. */
export function decodeFlows(segment: FlowSegment, filter: FlowFilter): DecodedFlows {
  const table = decodeFlowColumns(segment.columns)
  const texts: (string | undefined)[] = []
  const { host, startNs, namesOf } = segment
  const ranked: Map<number, readonly string[]>[] = []
  const names = (address: number, netns: number): readonly string[] => {
    const byNetns = (ranked[address] ??= new Map())
    let found = byNetns.get(netns)
    if (!found) {
      const untilNs = startNs + SEGMENT_NS
      byNetns.set(netns, (found = rankNames(namesOf(texts[address]!), { host, netns, untilNs })))
    }
    return found
  }
  const end = (process: number, address: number, netns: number): FlowEnd => {
    const text = (texts[address] ??= formatAddress(segment.addresses[address]!))
    const known = segment.processes[process - 1]
    return { process: known, address: text, names: known ? NONE : names(address, netns) }
  }
  const local = (i: number): FlowEnd => end(table.process[i]!, table.localAddress[i]!, table.netns[i]!)
  const remote = (i: number): FlowEnd => end(table.peerProcess[i]!, table.remoteAddress[i]!, table.netns[i]!)
  const isServer = (i: number) => table.role[i] === Role.SERVER
  const decoded = {
    timeNs: (i: number) => segment.startNs + table.offsetUs[i]! * 1000,
    row: (i: number) => toFlow(segment, table, i, local(i), remote(i)),
    ends: (i: number): readonly [FlowEnd, FlowEnd] =>
      isServer(i) ? [remote(i), local(i)] : [local(i), remote(i)],
    serverPort: (i: number) => (isServer(i) ? table.localPort[i]! : table.remotePort[i]!),
    protocol: (i: number) => table.protocol[i]!,
    event: (i: number) => table.event[i]!,
    durationUs: (i: number) => table.durationUs[i]!,
  }
  const matching: number[] = []
  let at = 0
  const lookup = flowLookup(queriedRow(segment.host, table, decoded.ends, () => at))
  const hasQuery = filter.query.terms.length > 0
  for (; at < table.count; at++) {
    if (!filter.bothEnds && isServer(at) && (table.flags[at]! & JOINED) !== 0) continue
    if (!hasQuery || matchFieldQuery(filter.query, lookup)) matching.push(at)
  }
  // Rows of one frame are told in the order they were read, nearly that of time.
  matching.sort((a, b) => table.offsetUs[a]! - table.offsetUs[b]!)
  return { matching, ...decoded }
}

/** Written out: for a million rows the general way of making a message costs ten times as much. */
function toFlow(segment: FlowSegment, table: FlowTable, i: number, local: FlowEnd, remote: FlowEnd): Flow {
  const flags = table.flags[i]!
  return {
    $typeName: 'quadrant.v1.Flow',
    timeNs: segment.startNs + table.offsetUs[i]! * 1000,
    event: table.event[i] as FlowEvent,
    protocol: table.protocol[i] as Protocol,
    role: table.role[i] as Role,
    localAddress: local.address,
    remoteAddress: remote.address,
    localPort: table.localPort[i]!,
    remotePort: table.remotePort[i]!,
    host: segment.host,
    processKey: local.process?.key ?? '',
    service: local.process?.service ?? '',
    comm: local.process?.comm ?? '',
    pid: local.process?.pid ?? 0,
    peerProcessKey: remote.process?.key ?? '',
    peerService: remote.process?.service ?? '',
    peerComm: remote.process?.comm ?? '',
    peerPid: remote.process?.pid ?? 0,
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
    roleGuessed: (flags & ROLE_GUESSED) !== 0,
    remoteName: remote.names[0] ?? '',
  }
}

/** The row at `at()`, as a query asks it. */
function queriedRow(
  host: string,
  table: FlowTable,
  ends: DecodedFlows['ends'],
  at: () => number,
): QueriedFlow {
  // Rows of one segment have few different ends, and their names cost more than comparing them.
  const cache = new Map<ProcessRef | undefined, Map<string, readonly string[]>>()
  const names = ({ process, address, names: told }: FlowEnd): readonly string[] => {
    let byAddress = cache.get(process)
    if (!byAddress) cache.set(process, (byAddress = new Map()))
    let known = byAddress.get(address)
    if (!known)
      byAddress.set(
        address,
        (known = [...endNames({ host, address, ...process, processKey: process?.key ?? '' }), ...told]),
      )
    return known
  }
  return {
    clientNames: () => names(ends(at())[0]),
    serverNames: () => names(ends(at())[1]),
    ports: () => {
      const i = at()
      if (table.role[i] === Role.CLIENT) return [table.remotePort[i]!]
      if (table.role[i] === Role.SERVER) return [table.localPort[i]!]
      return [table.localPort[i]!, table.remotePort[i]!]
    },
    protocol: () => protocolName(table.protocol[at()]!),
    status: () => flowStatus(table.event[at()]!),
    event: () => flowEventName(table.event[at()]!),
    pids: () => ends(at()).flatMap(({ process }) => (process ? [process.pid] : [])),
    addresses: () => ends(at()).map(({ address }) => address),
    host: () => host,
  }
}
