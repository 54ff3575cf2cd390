import { errnoName, formatBytes, formatDurationUs } from '@quadrant/core'
import { FlowEvent, Role, flowEventName, flowStatus, protocolName, type Flow } from '@quadrant/proto'
import type { Colour } from '../output/paint.ts'
import type { Column } from '../output/table.ts'
import { formatClock } from '../output/time.ts'
import { flowEnds, type FlowEnd } from './flow-fields.ts'

/** Columns of one flow a line; `nowMs` tells which day is today. */
export function flowColumns(wide: boolean, nowMs: number): readonly Column<Flow>[] {
  const columns: Column<Flow>[] = [
    { title: 'TIME', cell: (flow) => formatClock(flow.timeNs / 1e6, nowMs) },
    { title: 'FROM', cell: (flow) => (bare(flow) ? '' : endName(flowEnds(flow).client)), min: 10 },
    {
      title: 'TO',
      cell: (flow) => {
        const { client, server } = flowEnds(flow)
        const end = bare(flow) && flow.role !== Role.SERVER ? client : server
        return endName(end, end.port)
      },
      min: 12,
    },
    { title: 'PROTO', cell: (flow) => protocolName(flow.protocol) },
    {
      title: 'EVENT',
      cell: (flow) => flowEventName(flow.event),
      colour: eventColour,
    },
    { title: 'SENT', cell: (flow) => bytes(flow, toServer(flow)), align: 'right' },
    { title: 'RECEIVED', cell: (flow) => bytes(flow, toClient(flow)), align: 'right' },
    {
      title: 'RTT',
      cell: (flow) => (flow.srttUs === 0 ? '' : formatDurationUs(flow.srttUs)),
      align: 'right',
    },
    {
      title: 'DURATION',
      cell: (flow) => (flow.durationUs === 0 ? '' : formatDurationUs(flow.durationUs)),
      align: 'right',
    },
  ]
  if (wide)
    columns.push(
      { title: 'RETRANS', cell: (flow) => String(flow.retransmits), align: 'right' },
      { title: 'SEGMENTS', cell: (flow) => `${flow.segmentsSent}/${flow.segmentsReceived}`, align: 'right' },
      { title: 'LOCAL', cell: (flow) => joinPort(bracket(flow.localAddress), flow.localPort), min: 12 },
      { title: 'REMOTE', cell: (flow) => joinPort(bracket(flow.remoteAddress), flow.remotePort), min: 12 },
      { title: 'ROLE', cell: (flow) => role(flow) },
      { title: 'COMM', cell: (flow) => flow.comm },
      { title: 'PEER COMM', cell: (flow) => flow.peerComm },
      { title: 'HOST', cell: (flow) => flow.host },
      { title: 'NETNS', cell: (flow) => (flow.netns === 0 ? '' : String(flow.netns)), align: 'right' },
      { title: 'COOKIE', cell: (flow) => (flow.cookie === 0 ? '' : String(flow.cookie)), align: 'right' },
    )
  columns.push({ title: 'DETAIL', cell: detail, min: 8, colour: () => 'dim' })
  return columns
}

/** `cart:8080 (4711)`, `10.0.0.7:443`, `example.com:443 (10.0.0.7)`, or nothing where the end is not known. The pid is last: it may be cut. */
function endName(end: FlowEnd, port = 0): string {
  const name = end.service || end.comm
  if (name === '')
    return end.addressName === ''
      ? joinPort(bracket(end.address), port)
      : `${joinPort(end.addressName, port)} (${end.address})`
  return end.pid === 0 ? joinPort(name, port) : `${joinPort(name, port)} (${end.pid})`
}

/** A socket that has no other end: it listens, or is bound. */
function bare(flow: Flow): boolean {
  return flow.event === FlowEvent.LISTEN
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

function joinPort(name: string, port: number): string {
  return port === 0 ? name : `${name}:${port}`
}

function toServer(flow: Flow): number {
  return flow.role === Role.SERVER ? flow.bytesReceived : flow.bytesSent
}

function toClient(flow: Flow): number {
  return flow.role === Role.SERVER ? flow.bytesSent : flow.bytesReceived
}

function bytes(flow: Flow, count: number): string {
  if (bare(flow)) return ''
  return flow.bytesUnknown ? '?' : formatBytes(count)
}

/** With a question mark where it is a guess from the port numbers. */
function role(flow: Flow): string {
  const guessed = flow.roleGuessed ? '?' : ''
  if (flow.role === Role.CLIENT) return `client${guessed}`
  return flow.role === Role.SERVER ? `server${guessed}` : ''
}

function eventColour(flow: Flow): Colour | undefined {
  const status = flowStatus(flow.event)
  if (status === 'failed') return 'red'
  if (status === 'reset') return 'yellow'
  return flow.event === FlowEvent.LOST ? 'yellow' : undefined
}

function detail(flow: Flow): string {
  const parts: string[] = []
  if (flow.error !== 0) parts.push(errnoName(flow.error))
  if (flow.event === FlowEvent.RESET) parts.push(flow.resetSent ? 'reset sent' : 'reset received')
  if (flow.retransmits > 0) parts.push(`${flow.retransmits} retransmits`)
  if (flow.event === FlowEvent.LOST) parts.push('closed while no agent ran')
  return parts.join(', ')
}
