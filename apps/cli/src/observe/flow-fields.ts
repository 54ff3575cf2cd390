import { FlowEvent, Protocol, Role, type Flow } from '@quadrant/proto'

/** How a flow ended, or that it has not. */
export const FLOW_STATUSES = ['ok', 'failed', 'reset', 'open'] as const
export type FlowStatus = (typeof FLOW_STATUSES)[number]

/** Names of events, as typed and shown: `connect` for FLOW_EVENT_CONNECT. */
export const EVENT_NAMES: ReadonlyMap<FlowEvent, string> = new Map([
  [FlowEvent.LISTEN, 'listen'],
  [FlowEvent.CONNECT, 'connect'],
  [FlowEvent.ACCEPT, 'accept'],
  [FlowEvent.CLOSE, 'close'],
  [FlowEvent.FAIL, 'fail'],
  [FlowEvent.RESET, 'reset'],
  [FlowEvent.EXISTING, 'existing'],
  [FlowEvent.SEND, 'send'],
  [FlowEvent.RECEIVE, 'receive'],
  [FlowEvent.LOST, 'lost'],
])

export function protocolName(protocol: Protocol): string {
  if (protocol === Protocol.TCP) return 'tcp'
  return protocol === Protocol.UDP ? 'udp' : String(protocol)
}

export function flowStatus(flow: Flow): FlowStatus {
  switch (flow.event) {
    case FlowEvent.FAIL:
      return 'failed'
    case FlowEvent.RESET:
      return 'reset'
    case FlowEvent.CLOSE:
    case FlowEvent.LOST:
      return 'ok'
    default:
      return 'open'
  }
}

/** One end of a flow. */
export interface FlowEnd {
  readonly service: string
  readonly comm: string
  readonly pid: number
  readonly processKey: string
  readonly address: string
  readonly port: number
}

/** Client and server of a flow, whichever end told it. Where the role is not known the local end counts as the client. */
export function flowEnds(flow: Flow): { readonly client: FlowEnd; readonly server: FlowEnd } {
  const local: FlowEnd = {
    service: flow.service,
    comm: flow.comm,
    pid: flow.pid,
    processKey: flow.processKey,
    address: flow.localAddress,
    port: flow.localPort,
  }
  const remote: FlowEnd = {
    service: flow.peerService,
    comm: flow.peerComm,
    pid: flow.peerPid,
    processKey: flow.peerProcessKey,
    address: flow.remoteAddress,
    port: flow.remotePort,
  }
  return flow.role === Role.SERVER ? { client: remote, server: local } : { client: local, server: remote }
}

/** The values of a field for `matchFieldQuery`: the same for a recording here as for the store at the server. */
export function flowLookup(flow: Flow): (key: string) => readonly string[] | undefined {
  const { client, server } = flowEnds(flow)
  return (key) => {
    switch (key) {
      case 'from':
        return endNames(client, flow.host)
      case 'to':
        return endNames(server, flow.host)
      case 'svc':
      case '*':
        return [...endNames(client, flow.host), ...endNames(server, flow.host)]
      case 'port':
        return flow.role === Role.UNSPECIFIED
          ? [String(client.port), String(server.port)]
          : [String(server.port)]
      case 'proto':
        return [protocolName(flow.protocol)]
      case 'status':
        return [flowStatus(flow)]
      case 'event':
        return [EVENT_NAMES.get(flow.event) ?? String(flow.event)]
      case 'pid':
        return [client.pid, server.pid].filter((pid) => pid !== 0).map(String)
      case 'ip':
        return [client.address, server.address]
      case 'host':
        return [flow.host]
      default:
        return undefined
    }
  }
}

/** Every name that a query may call an end by. */
function endNames(end: FlowEnd, host: string): string[] {
  const names = [end.address, `addr:${end.address}`]
  if (end.service) names.push(end.service, `svc:${end.service}`)
  if (end.comm) names.push(end.comm)
  if (end.processKey) names.push(`proc:${host}/${end.processKey}`)
  return names
}
