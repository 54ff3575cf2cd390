import { coveredSeconds, type Edge, type GetMapResponse, type Node, protocolName } from '@quadrant/proto'
import { formatBytes, formatCount, formatRate } from '@quadrant/core'

/** Worst thing that happened on an edge, mildest first. */
export const HEALTHS = ['ok', 'retransmits', 'resets', 'failures'] as const
export type Health = (typeof HEALTHS)[number]

export const HEALTH_WORDS: Readonly<Record<Health, string>> = {
  ok: 'healthy',
  retransmits: 'retransmits',
  resets: 'resets',
  failures: 'failed connects',
}

export interface MapNode {
  readonly id: string
  readonly label: string
  readonly kind: string
  /** Second line: what is behind the name. */
  readonly detail: string
  readonly health: Health
  readonly source: Node
  readonly inCount: number
  readonly outCount: number
}

export interface MapEdge {
  readonly id: string
  readonly client: string
  readonly server: string
  readonly health: Health
  /** Stroke, pixels at zoom 1. */
  readonly width: number
  /** Bytes a second over the covered range, both ways; undefined where they are not counted. */
  readonly bytesPerSecond: number | undefined
  readonly openedPerSecond: number
  /** `tcp 5432`. */
  readonly port: string
  /** The rate that its width stands for: `1.20 MB/s`. */
  readonly rate: string
  readonly source: Edge
}

export interface MapGraph {
  readonly nodes: readonly MapNode[]
  readonly edges: readonly MapEdge[]
  readonly nodeById: ReadonlyMap<string, MapNode>
  readonly edgeById: ReadonlyMap<string, MapEdge>
  readonly seconds: number
}

const WIDTH_MIN = 1.25
const WIDTH_MAX = 9

/** The API's answer as it is drawn. Order is by id, so that the same data give the same document. */
export function toMapGraph(response: Pick<GetMapResponse, 'nodes' | 'edges' | 'range'>): MapGraph {
  const seconds = coveredSeconds(response)
  const edges = response.edges.map((edge) => toMapEdge(edge, seconds)).sort((a, b) => (a.id < b.id ? -1 : 1))
  const inbound = groupBy(edges, (edge) => edge.server)
  const outbound = groupBy(edges, (edge) => edge.client)
  const nodes = response.nodes
    .map((node): MapNode => {
      const arriving = inbound.get(node.id) ?? []
      return {
        id: node.id,
        label: node.label,
        kind: node.kind,
        detail: nodeDetail(node),
        health: worstHealth(arriving.map(({ health }) => health)),
        source: node,
        inCount: arriving.length,
        outCount: outbound.get(node.id)?.length ?? 0,
      }
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    nodes,
    edges,
    nodeById: new Map(nodes.map((node) => [node.id, node])),
    edgeById: new Map(edges.map((edge) => [edge.id, edge])),
    seconds,
  }
}

function toMapEdge(edge: Edge, seconds: number): MapEdge {
  const totals = edge.totals
  const bytes = (totals?.bytesToServer ?? 0) + (totals?.bytesToClient ?? 0)
  const bytesPerSecond = totals?.bytesUnknown ? undefined : bytes / seconds
  const messages = (totals?.messagesToServer ?? 0) + (totals?.messagesToClient ?? 0)
  const openedPerSecond = (totals?.opened ?? 0) / seconds
  const eventsPerSecond = openedPerSecond + messages / seconds
  return {
    id: edge.id,
    client: edge.client,
    server: edge.server,
    health: toHealth(edge.health),
    // Bytes say most; where they are not counted, a connection or message counts as one packet's worth.
    width: strokeWidth(bytesPerSecond ?? eventsPerSecond * 1500),
    bytesPerSecond,
    openedPerSecond,
    port: `${protocolName(edge.protocol)} ${edge.serverPort}`,
    rate: edgeRate(bytesPerSecond, {
      messages: messages / seconds,
      opened: openedPerSecond,
      failed: (totals?.failed ?? 0) / seconds,
    }),
    source: edge,
  }
}

interface PerSecond {
  readonly messages: number
  readonly opened: number
  readonly failed: number
}

function edgeRate(bytesPerSecond: number | undefined, { messages, opened, failed }: PerSecond): string {
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) return formatRate(bytesPerSecond, 'B')
  if (messages > 0) return `${formatRate(messages)} messages`
  if (failed > 0) return `${formatRate(failed)} failed`
  return opened > 0 ? `${formatRate(opened)} opened` : 'idle'
}

/** Logarithmic: one more pixel for each tenfold, from 1 kB/s up. Rounded, so that small changes redraw nothing. */
export function strokeWidth(bytesPerSecond: number): number {
  const decades = Math.log10(1 + bytesPerSecond / 1000)
  return Math.round(Math.min(WIDTH_MIN + decades, WIDTH_MAX) * 4) / 4
}

export function toHealth(text: string): Health {
  return HEALTHS.find((health) => health === text) ?? 'ok'
}

export function worstHealth(healths: readonly Health[]): Health {
  return HEALTHS[Math.max(0, ...healths.map((health) => HEALTHS.indexOf(health)))] ?? 'ok'
}

function nodeDetail(node: Node): string {
  const listens = node.ports.length > 0 ? portList(node.ports) : ''
  if (node.kind === 'other') return 'not told apart'
  // The label is the name where one is known.
  if (node.kind === 'address')
    return [node.name === '' ? 'address' : addressOf(node.id), listens].filter(Boolean).join(' · ')
  const basis = nodeBasis(node)
  // What is last may be cut: of a process the port says more than the program's own name.
  return (node.kind === 'process' ? [listens, basis] : [basis, listens]).filter(Boolean).join(' · ')
}

/** Of `addr:10.0.0.7`. */
export function addressOf(id: string): string {
  return id.slice(id.indexOf(':') + 1)
}

function nodeBasis({ kind, processes, service, processCount }: Node): string {
  if (kind === 'host') return 'host'
  // The label has the service and the pid; the program's own name may tell more, or just repeat it.
  if (kind === 'process')
    return processes[0]?.comm && processes[0].comm !== service ? processes[0].comm : 'process'
  return `${formatCount(processCount)} ${processCount === 1 ? 'process' : 'processes'}`
}

function portList(ports: readonly number[]): string {
  return ports.length === 1 ? `:${ports[0]}` : `${ports.length} ports`
}

/** The node in words, for those who do not see it. */
export function describeNode(node: MapNode): string {
  const processes = node.source.processCount
  return [
    node.label,
    node.source.name === '' ? node.kind : `${node.kind} ${addressOf(node.id)}`,
    processes > 0 && node.kind !== 'process'
      ? `${processes} ${processes === 1 ? 'process' : 'processes'}`
      : '',
    node.source.ports.length > 0
      ? `listens on ${[...node.source.ports].sort((a, b) => a - b).join(', ')}`
      : '',
    `${node.inCount} in, ${node.outCount} out`,
    node.health === 'ok' ? '' : HEALTH_WORDS[node.health],
  ]
    .filter(Boolean)
    .join(', ')
}

/** The edge in words. */
export function describeEdge(edge: MapEdge, graph: MapGraph): string {
  const name = (id: string) => graph.nodeById.get(id)?.label ?? id
  const totals = edge.source.totals
  return [
    `${name(edge.client)} to ${name(edge.server)}`,
    edge.port,
    edge.bytesPerSecond === undefined ? 'bytes not counted' : `${formatBytes(edge.bytesPerSecond)} a second`,
    `${formatCount(edge.openedPerSecond)} connections a second`,
    edge.health === 'ok' ? 'healthy' : `${HEALTH_WORDS[edge.health]}${totals ? ` ${healthCount(edge)}` : ''}`,
  ].join(', ')
}

function healthCount(edge: MapEdge): string {
  const totals = edge.source.totals
  const count = { ok: 0, retransmits: totals?.retransmits, resets: totals?.reset, failures: totals?.failed }[
    edge.health
  ]
  return formatCount(count ?? 0)
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
