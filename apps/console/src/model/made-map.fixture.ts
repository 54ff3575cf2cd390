import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  type EdgeDeltaSchema,
  GetMapResponseSchema,
  Protocol,
  type RequestSignalsSchema,
} from '@quadrant/proto'
import { toMapGraph, type MapGraph } from './map-graph.ts'

/** `web>db` is an edge with these totals and this state. */
export interface MadeEdge {
  readonly path: string
  readonly port?: number
  readonly health?: string
  readonly totals?: MessageInitShape<typeof EdgeDeltaSchema>
  readonly requests?: MessageInitShape<typeof RequestSignalsSchema>
}

/** A map over one minute that is all covered. */
export function madeMap(edges: readonly MadeEdge[]): MapGraph {
  const names = [...new Set(edges.flatMap(({ path }) => path.split('>')))]
  return toMapGraph(
    create(GetMapResponseSchema, {
      range: { startNs: 0, endNs: 60e9 },
      nodes: names.map((name) => ({ id: `svc:${name}`, label: name, kind: 'service', processCount: 1 })),
      edges: edges.map(({ path, port = 80, health = 'ok', totals = {}, requests }) => {
        const [client, server] = path.split('>')
        return {
          id: `${path}>${port}`,
          client: `svc:${client}`,
          server: `svc:${server}`,
          protocol: Protocol.TCP,
          serverPort: port,
          seconds: 60,
          health,
          totals,
          ...(requests ? { requests } : {}),
        }
      }),
    }),
  )
}
