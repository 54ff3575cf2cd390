import type { MessageInitShape } from '@bufbuild/protobuf'
import { type BatchSchema, FlowEvent, Protocol, Role } from '@quadrant/proto'

type Batch = MessageInitShape<typeof BatchSchema>

/** One edge of the made shop; counts are per second. */
interface MadeEdge {
  readonly client: string
  readonly server: string
  readonly port: number
  readonly protocol?: Protocol
  readonly opened: number
  readonly bytesUp: number
  readonly bytesDown: number
  readonly failed?: number
  readonly reset?: number
  readonly retransmits?: number
  readonly srttUs?: number
}

/** A shop of services as one host sees it: ends with a dot in the name are addresses elsewhere. */
export const SHOP: readonly MadeEdge[] = [
  {
    client: '203.0.113.9',
    server: 'edge-proxy',
    port: 443,
    opened: 42,
    bytesUp: 61_000,
    bytesDown: 1_840_000,
    srttUs: 21_300,
  },
  {
    client: '198.51.100.23',
    server: 'edge-proxy',
    port: 443,
    opened: 17,
    bytesUp: 22_000,
    bytesDown: 610_000,
    retransmits: 2,
    srttUs: 48_700,
  },
  {
    client: 'edge-proxy',
    server: 'storefront',
    port: 8080,
    opened: 8,
    bytesUp: 90_000,
    bytesDown: 2_310_000,
    srttUs: 120,
  },
  {
    client: 'storefront',
    server: 'catalog',
    port: 9001,
    opened: 4,
    bytesUp: 31_000,
    bytesDown: 940_000,
    srttUs: 95,
  },
  {
    client: 'storefront',
    server: 'checkout',
    port: 9002,
    opened: 6,
    bytesUp: 18_000,
    bytesDown: 64_000,
    srttUs: 140,
  },
  {
    client: 'storefront',
    server: 'redis',
    port: 6379,
    opened: 1,
    bytesUp: 44_000,
    bytesDown: 212_000,
    srttUs: 60,
  },
  {
    client: 'catalog',
    server: 'postgres',
    port: 5432,
    opened: 1,
    bytesUp: 27_000,
    bytesDown: 1_120_000,
    srttUs: 180,
  },
  {
    client: 'catalog',
    server: 'search',
    port: 9200,
    opened: 2,
    bytesUp: 9_000,
    bytesDown: 310_000,
    srttUs: 410,
  },
  {
    client: 'checkout',
    server: 'payments',
    port: 9003,
    opened: 5,
    bytesUp: 8_000,
    bytesDown: 6_000,
    failed: 2,
    srttUs: 90,
  },
  {
    client: 'checkout',
    server: 'postgres',
    port: 5432,
    opened: 2,
    bytesUp: 12_000,
    bytesDown: 71_000,
    srttUs: 170,
  },
  {
    client: 'checkout',
    server: 'kafka',
    port: 9092,
    opened: 0,
    bytesUp: 140_000,
    bytesDown: 9_000,
    srttUs: 230,
  },
  {
    client: 'payments',
    server: '192.0.2.80',
    port: 443,
    opened: 3,
    bytesUp: 4_100,
    bytesDown: 7_800,
    reset: 1,
    srttUs: 31_000,
  },
  { client: 'mailer', server: 'kafka', port: 9092, opened: 0, bytesUp: 600, bytesDown: 88_000, srttUs: 240 },
  {
    client: 'mailer',
    server: '192.0.2.25',
    port: 587,
    opened: 1,
    bytesUp: 32_000,
    bytesDown: 2_000,
    srttUs: 18_400,
  },
  {
    client: 'storefront',
    server: '10.0.0.2',
    port: 53,
    protocol: Protocol.UDP,
    opened: 3,
    bytesUp: 0,
    bytesDown: 0,
  },
  {
    client: 'checkout',
    server: '10.0.0.2',
    port: 53,
    protocol: Protocol.UDP,
    opened: 2,
    bytesUp: 0,
    bytesDown: 0,
  },
  {
    client: 'metrics',
    server: 'storefront',
    port: 8080,
    opened: 1,
    bytesUp: 400,
    bytesDown: 31_000,
    srttUs: 100,
  },
  {
    client: 'metrics',
    server: 'catalog',
    port: 9001,
    opened: 1,
    bytesUp: 400,
    bytesDown: 28_000,
    srttUs: 100,
  },
]

/** The shop as it was before: one service more, one edge less, one that was slower and one that failed never. */
export const EARLIER_SHOP: readonly MadeEdge[] = [
  ...SHOP.filter(({ client, server }) => !(client === 'metrics' && server === 'catalog')).map(earlierEdge),
  {
    client: 'storefront',
    server: 'legacy',
    port: 7000,
    opened: 2,
    bytesUp: 5000,
    bytesDown: 9000,
    srttUs: 300,
  },
]

function earlierEdge(edge: MadeEdge): MadeEdge {
  return { ...edge, failed: 0, bytesDown: edge.server === 'redis' ? edge.bytesDown / 10 : edge.bytesDown }
}

/** `count` services in layers, for measuring: each calls two of the next layer. */
export function madeMesh(count: number): readonly MadeEdge[] {
  const layers = 6
  const perLayer = Math.ceil(count / layers)
  const name = (index: number) => `service-${String(index).padStart(3, '0')}`
  const edges: MadeEdge[] = []
  for (let i = 0; i < count - perLayer; i++) {
    const layer = Math.floor(i / perLayer) + 1
    for (const offset of [0, 7]) {
      const server = layer * perLayer + ((i + offset) % perLayer)
      if (server >= count) continue
      edges.push({
        client: name(i),
        server: name(server),
        port: 8000 + layer,
        opened: 1 + (i % 5),
        bytesUp: 1000 * (1 + (i % 90)),
        bytesDown: 4000 * (1 + (i % 70)),
        failed: i % 23 === 0 ? 1 : 0,
        retransmits: i % 31 === 0 ? 2 : 0,
        srttUs: 100 + i,
      })
    }
  }
  return edges
}

const isAddress = (name: string) => /^[\d.]+$/.test(name)

/** Services by name, in the order in which they first stand among the edges. */
function localsOf(edges: readonly MadeEdge[]): string[] {
  return endsOf(edges).filter((name) => !isAddress(name))
}

/** `pid@start` of a made service's process. */
export function madeKey(edges: readonly MadeEdge[], name: string): string {
  return keyOf(localsOf(edges), name)
}

/** Where an end stands among `Batch.endpoints`. */
export function madeEndpoint(edges: readonly MadeEdge[], name: string): number {
  return endsOf(edges).indexOf(name)
}

/** 1 + where the process of a service stands among `Batch.process_keys`. */
export function madeProcess(edges: readonly MadeEdge[], name: string): number {
  return 1 + localsOf(edges).indexOf(name)
}

function endsOf(edges: readonly MadeEdge[]): string[] {
  return [...new Set(edges.flatMap(({ client, server }) => [client, server]))]
}

const pidOf = (locals: readonly string[], name: string) => 1000 + locals.indexOf(name) * 7
const keyOf = (locals: readonly string[], name: string) => `${pidOf(locals, name)}@${START_NS / 1e6}`

/** One connection besides those of the edges, between two services of the shop. Milliseconds after the second began. */
export interface MadeRequest {
  readonly from: string
  readonly to: string
  readonly port: number
  readonly endMs: number
  readonly durationMs: number
}

/**
 * What an agent tells of one second of these edges. Counts sway with the second, and are the same for the same second.
 *
 * @param second whole seconds of the Unix epoch
 */
export function madeSecond(
  edges: readonly MadeEdge[],
  second: number,
  flowsPerEdge = 1,
  requests: readonly MadeRequest[] = [],
): Batch {
  const names = endsOf(edges)
  const bytesOf = (name: string) =>
    isAddress(name) ? Uint8Array.from(name.split('.'), Number) : Uint8Array.of(127, 0, 0, 1)
  const locals = localsOf(edges)
  const pid = (name: string) => pidOf(locals, name)
  const key = (name: string) => keyOf(locals, name)
  const sway = (i: number) => 1 + 0.35 * Math.sin(second / 9 + i) + 0.2 * Math.sin(second / 3.1 + i * 2)
  const scaled = (count: number, i: number) => Math.round(count * sway(i))
  const seen = edges.filter(({ client, server }) => !(isAddress(client) && isAddress(server)))
  const told = seen.flatMap((edge, i) =>
    Array.from({ length: edge.opened > 0 ? flowsPerEdge : 0 }, (_, n) => {
      const serverSide = isAddress(edge.client)
      const failed = (edge.failed ?? 0) > 0 && n % 3 === 0
      const reset = (edge.reset ?? 0) > 0 && n % 3 === 1
      return {
        event: failed
          ? FlowEvent.FAIL
          : reset
            ? FlowEvent.RESET
            : n % 2 === 0
              ? FlowEvent.CLOSE
              : FlowEvent.CONNECT,
        protocol: edge.protocol ?? Protocol.TCP,
        role: serverSide ? Role.SERVER : Role.CLIENT,
        offsetUs: Math.floor((1e6 * (i * flowsPerEdge + n)) / (seen.length * flowsPerEdge + 1)),
        localAddress: names.indexOf(serverSide ? edge.server : edge.client),
        remoteAddress: names.indexOf(serverSide ? edge.client : edge.server),
        localPort: serverSide ? edge.port : 32_768 + ((second * 131 + i * 17 + n) % 28_000),
        remotePort: serverSide ? 32_768 + ((second * 131 + i * 17 + n) % 28_000) : edge.port,
        process: 1 + locals.indexOf(serverSide ? edge.server : edge.client),
        peerProcess: serverSide || isAddress(edge.server) ? 0 : 1 + locals.indexOf(edge.server),
        cookie: second * 1000 + i * flowsPerEdge + n,
        bytesSent: failed ? 0 : edge.bytesUp / 10,
        bytesReceived: failed ? 0 : edge.bytesDown / 10,
        segmentsSent: 12,
        segmentsReceived: 14,
        retransmits: edge.retransmits ?? 0,
        srttUs: edge.srttUs ?? 0,
        durationUs: 1000 * (3 + ((second * 7 + i * 13 + n * 5) % 900)),
        error: failed ? 111 : reset ? 104 : 0,
        netns: 4_026_531_840,
        flags: (isAddress(edge.server) || serverSide ? 0 : 1) | (edge.protocol === Protocol.UDP ? 2 : 0),
      }
    }),
  )
  const local = (name: string) => 1 + locals.indexOf(name)
  const flows = [
    ...told,
    ...requests.map(({ from, to, port, endMs, durationMs }, i) => ({
      event: FlowEvent.CLOSE,
      protocol: Protocol.TCP,
      role: Role.CLIENT,
      offsetUs: Math.round(endMs * 1000),
      localAddress: names.indexOf(from),
      remoteAddress: names.indexOf(to),
      localPort: 41_000 + i,
      remotePort: port,
      process: local(from),
      peerProcess: local(to),
      cookie: second * 1000 + 900 + i,
      bytesSent: 420,
      bytesReceived: 1800,
      segmentsSent: 6,
      segmentsReceived: 7,
      retransmits: 0,
      srttUs: 140,
      durationUs: durationMs * 1000,
      error: 0,
      netns: 4_026_531_840,
      flags: 1,
    })),
  ]
  const column = <K extends keyof (typeof flows)[number]>(name: K) => flows.map((flow) => flow[name])
  return {
    startNs: second * 1e9,
    endNs: (second + 1) * 1e9,
    processes: locals.map((name) => ({
      key: key(name),
      pid: pid(name),
      startNs: START_NS,
      comm: name.slice(0, 15),
      exe: `/usr/local/bin/${name}`,
      argv: [`/usr/local/bin/${name}`, '--config', `/etc/${name}.yaml`, '--log-level=info'],
      uid: 1000,
      service: name,
      serviceSource: 'unit',
      systemdUnit: `${name}.service`,
      cgroup: `/system.slice/${name}.service`,
    })),
    endpoints: names.map((name) =>
      isAddress(name)
        ? { kind: { case: 'address' as const, value: bytesOf(name) } }
        : { kind: { case: 'processKey' as const, value: key(name) } },
    ),
    edges: seen.map((edge, i) => {
      const udp = edge.protocol === Protocol.UDP
      const opened = scaled(edge.opened, i)
      return {
        client: names.indexOf(edge.client),
        server: names.indexOf(edge.server),
        protocol: edge.protocol ?? Protocol.TCP,
        serverPort: edge.port,
        opened,
        closed: opened,
        failed: edge.failed ? scaled(edge.failed, i) : 0,
        reset: edge.reset ? scaled(edge.reset, i) : 0,
        bytesToServer: udp ? 0 : scaled(edge.bytesUp, i),
        bytesToClient: udp ? 0 : scaled(edge.bytesDown, i),
        segmentsToServer: udp ? 0 : scaled(edge.bytesUp / 900 + 2, i),
        segmentsToClient: udp ? 0 : scaled(edge.bytesDown / 1400 + 2, i),
        messagesToServer: udp ? opened * 2 : 0,
        messagesToClient: udp ? opened * 2 : 0,
        retransmits: edge.retransmits ? scaled(edge.retransmits, i) : 0,
        active: 4 + (i % 5) * 3,
        srttUsSum: (edge.srttUs ?? 0) * 4 * sway(i),
        srttSamples: edge.srttUs ? 4 : 0,
        srttUsMax: Math.round((edge.srttUs ?? 0) * 2.1 * sway(i)),
        connectUsSum: udp ? 0 : opened * (edge.srttUs ?? 100) * 1.2,
        connectSamples: udp ? 0 : opened,
        connectUsMax: udp ? 0 : Math.round((edge.srttUs ?? 100) * 3),
        clientObserved: !isAddress(edge.client),
        serverObserved: !isAddress(edge.server),
        bytesUnknown: udp,
        lastErrno: edge.failed ? 111 : 0,
      }
    }),
    processKeys: locals.map(key),
    addresses: names.map(bytesOf),
    flows: {
      count: flows.length,
      event: column('event'),
      protocol: column('protocol'),
      role: column('role'),
      offsetUs: column('offsetUs'),
      localAddress: column('localAddress'),
      remoteAddress: column('remoteAddress'),
      localPort: column('localPort'),
      remotePort: column('remotePort'),
      process: column('process'),
      peerProcess: column('peerProcess'),
      cookie: column('cookie'),
      bytesSent: column('bytesSent'),
      bytesReceived: column('bytesReceived'),
      segmentsSent: column('segmentsSent'),
      segmentsReceived: column('segmentsReceived'),
      retransmits: column('retransmits'),
      srttUs: column('srttUs'),
      durationUs: column('durationUs'),
      error: column('error'),
      netns: column('netns'),
      flags: column('flags'),
    },
    drops: second % 97 === 0 ? [{ stage: 'agent.flow-cap', reason: 'over-cap', count: 120 }] : [],
    stages: [
      { stage: 'kernel.ring', seen: 900, kept: 900 },
      { stage: 'agent.flow-cap', seen: flows.length + (second % 97 === 0 ? 120 : 0), kept: flows.length },
    ],
  }
}

const START_NS = 1_700_000_000_000 * 1e6
