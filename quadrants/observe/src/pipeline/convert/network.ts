import { formatAddress } from '@quadrant/core'
import { type EdgeDelta, type Endpoint, Protocol } from '@quadrant/proto'
import type * as otlp from '@quadrant/proto/otlp'
import { attribute, attributes, type AttributeValue } from '../attribute.ts'
import type { HostMemory } from './host-memory.ts'
import type { MetricSet, Window } from './metric.ts'

/**
 * Edges as metrics. The conventions have attributes for connections (`network.*`, `server.*`, `client.*`,
 * `service.peer.name`, `error.type`), and no metrics yet for what a kernel counts of them: these are `quadrant.network.*`.
 */
const IO = {
  name: 'quadrant.network.io',
  unit: 'By',
  description: 'Payload bytes of connections, retransmissions not included',
}
const OPENED = {
  name: 'quadrant.network.connections.opened',
  unit: '{connection}',
  description: 'Connections that were established',
}
const CLOSED = {
  name: 'quadrant.network.connections.closed',
  unit: '{connection}',
  description: 'Connections that ended in order',
}
const FAILED = {
  name: 'quadrant.network.connections.failed',
  unit: '{connection}',
  description: 'Connects that were never established: refused, timed out, unreachable',
}
const RESET = {
  name: 'quadrant.network.connections.reset',
  unit: '{connection}',
  description: 'Established connections that ended with a reset',
}
const ACTIVE = {
  name: 'quadrant.network.connections.active',
  unit: '{connection}',
  description: 'Connections that are open',
}
const RETRANSMITS = {
  name: 'quadrant.network.retransmits',
  unit: '{segment}',
  description: 'TCP segments that were sent again',
}
const MESSAGES = {
  name: 'quadrant.network.messages',
  unit: '{message}',
  description: 'UDP datagrams',
}
const ROUND_TRIP = {
  name: 'quadrant.network.round_trip.duration',
  unit: 's',
  description: 'Smoothed round trip time of TCP, as the kernel estimates it',
}
const CONNECT = {
  name: 'quadrant.network.connect.duration',
  unit: 's',
  description: 'From SYN to established',
}

/** Whose edge it is: the process that opened it where it is on this host, else the one that serves it. */
export function edgeOwner(edge: EdgeDelta, endpoints: readonly Endpoint[]): string | undefined {
  const client = endpoints[edge.client]?.kind
  const server = endpoints[edge.server]?.kind
  if (client?.case === 'processKey') return client.value
  return server?.case === 'processKey' ? server.value : undefined
}

export interface EdgeContext {
  readonly endpoints: readonly Endpoint[]
  readonly memory: HostMemory
  readonly window: Window
}

/** Adds an edge to its owner's metrics. What did not happen is not told. */
export function addEdge(metrics: MetricSet, edge: EdgeDelta, context: EdgeContext): void {
  const { window } = context
  const isClient = context.endpoints[edge.client]?.kind.case === 'processKey'
  const base = edgeAttributes(edge, isClient, context)
  const [sent, received] = isClient
    ? [edge.bytesToServer, edge.bytesToClient]
    : [edge.bytesToClient, edge.bytesToServer]
  const [messagesSent, messagesReceived] = isClient
    ? [edge.messagesToServer, edge.messagesToClient]
    : [edge.messagesToClient, edge.messagesToServer]
  const transmit = [...base, attribute('network.io.direction', 'transmit')]
  const receive = [...base, attribute('network.io.direction', 'receive')]
  if (!edge.bytesUnknown) {
    if (sent > 0) metrics.increase(IO, window, transmit, sent)
    if (received > 0) metrics.increase(IO, window, receive, received)
  }
  if (messagesSent > 0) metrics.increase(MESSAGES, window, transmit, messagesSent)
  if (messagesReceived > 0) metrics.increase(MESSAGES, window, receive, messagesReceived)
  if (edge.opened > 0) metrics.increase(OPENED, window, base, edge.opened)
  if (edge.closed > 0) metrics.increase(CLOSED, window, base, edge.closed)
  if (edge.reset > 0) metrics.increase(RESET, window, base, edge.reset)
  if (edge.failed > 0) metrics.increase(FAILED, window, base, edge.failed)
  if (edge.retransmits > 0) metrics.increase(RETRANSMITS, window, base, edge.retransmits)
  if (edge.protocol === Protocol.TCP) metrics.amount(ACTIVE, window, base, edge.active)
  if (edge.srttSamples > 0)
    metrics.summed(ROUND_TRIP, window, base, {
      sum: edge.srttUsSum / 1e6,
      count: edge.srttSamples,
      max: edge.srttUsMax / 1e6,
    })
  if (edge.connectSamples > 0)
    metrics.summed(CONNECT, window, base, {
      sum: edge.connectUsSum / 1e6,
      count: edge.connectSamples,
      max: edge.connectUsMax / 1e6,
    })
}

function edgeAttributes(
  edge: EdgeDelta,
  isClient: boolean,
  { endpoints, memory }: EdgeContext,
): otlp.KeyValue[] {
  const client = described(endpoints[edge.client], memory)
  const server = described(endpoints[edge.server], memory)
  const values: Record<string, AttributeValue | undefined> = {
    'network.transport': edge.protocol === Protocol.UDP ? 'udp' : 'tcp',
    'quadrant.role': isClient ? 'client' : 'server',
    'server.port': edge.serverPort,
    'server.address': isClient ? server.address : undefined,
    'client.address': isClient ? undefined : client.address,
    'service.peer.name': isClient ? server.service : client.service,
  }
  return attributes(values)
}

/** An end by its address, or where it is a process of this host too, by its service. */
export function described(
  endpoint: Endpoint | undefined,
  memory: HostMemory,
): { address?: string; service?: string } {
  const kind = endpoint?.kind
  switch (kind?.case) {
    case 'processKey':
      return { service: memory.process(kind.value)?.service ?? '' }
    case 'address':
      return { address: formatAddress(kind.value) }
    case 'other':
      return { address: '~other' }
    default:
      return {}
  }
}
