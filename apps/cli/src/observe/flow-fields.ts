import { endNames, flowLookup, type QueriedEnd } from '@quadrant/core'
import { Role, flowEventName, flowStatus, protocolName, type Flow } from '@quadrant/proto'

/** One end of a flow. What is not known is empty or 0. */
export type FlowEnd = Required<QueriedEnd> & {
  readonly port: number
  /** By which the address was asked for. */
  readonly addressName: string
}

/** Client and server of a flow, whichever end told it. Where the role is not known the local end counts as the client. */
export function flowEnds(flow: Flow): { readonly client: FlowEnd; readonly server: FlowEnd } {
  const local: FlowEnd = {
    host: flow.host,
    service: flow.service,
    comm: flow.comm,
    pid: flow.pid,
    processKey: flow.processKey,
    address: flow.localAddress,
    port: flow.localPort,
    addressName: '',
  }
  const remote: FlowEnd = {
    host: flow.host,
    service: flow.peerService,
    comm: flow.peerComm,
    pid: flow.peerPid,
    processKey: flow.peerProcessKey,
    address: flow.remoteAddress,
    port: flow.remotePort,
    addressName: flow.remoteName,
  }
  return flow.role === Role.SERVER ? { client: remote, server: local } : { client: local, server: remote }
}

/** A line of a recording, as `matchFieldQuery` asks it. */
export function recordedFlow(flow: Flow): (key: string) => readonly string[] | undefined {
  const { client, server } = flowEnds(flow)
  return flowLookup({
    clientNames: () => namesOf(client),
    serverNames: () => namesOf(server),
    ports: () => (flow.role === Role.UNSPECIFIED ? [client.port, server.port] : [server.port]),
    protocol: () => protocolName(flow.protocol),
    status: () => flowStatus(flow.event),
    event: () => flowEventName(flow.event),
    pids: () => [client.pid, server.pid].filter((pid) => pid !== 0),
    addresses: () => [client.address, server.address],
    host: () => flow.host,
  })
}

function namesOf(end: FlowEnd): readonly string[] {
  return end.addressName === '' ? endNames(end) : [...endNames(end), end.addressName]
}
