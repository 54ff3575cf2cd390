import { create } from '@bufbuild/protobuf'
import { EdgeDeltaSchema, GetMapResponseSchema, Protocol } from '@quadrant/proto'

/** Ten seconds of a small map: a healthy edge, a failing one, one of UDP without bytes. */
export const SHOP_MAP = create(GetMapResponseSchema, {
  range: { startNs: 1e18, endNs: 1e18 + 10e9 },
  resolutionSeconds: 1,
  ageSeconds: 0.4,
  nodes: [
    { id: 'svc:storefront', label: 'storefront', kind: 'service', processCount: 1 },
    { id: 'svc:cart', label: 'cart', kind: 'service', processCount: 2, ports: [8080] },
    { id: 'svc:recommendations', label: 'recommendations', kind: 'service', processCount: 1, ports: [9090] },
    { id: 'addr:10.0.0.53', label: '10.0.0.53', kind: 'address', ports: [53] },
  ],
  edges: [
    {
      id: 'e1',
      client: 'svc:storefront',
      server: 'svc:cart',
      protocol: Protocol.TCP,
      serverPort: 8080,
      seconds: 10,
      health: 'ok',
      totals: create(EdgeDeltaSchema, {
        opened: 20,
        active: 3,
        bytesToServer: 12_000,
        bytesToClient: 3_400_000,
        segmentsToServer: 100,
        segmentsToClient: 2400,
        srttUsSum: 1000,
        srttSamples: 10,
        srttUsMax: 900,
        connectUsMax: 450,
      }),
    },
    {
      id: 'e2',
      client: 'svc:storefront',
      server: 'svc:recommendations',
      protocol: Protocol.TCP,
      serverPort: 9090,
      seconds: 10,
      health: 'failures',
      totals: create(EdgeDeltaSchema, {
        opened: 5,
        failed: 4,
        reset: 1,
        bytesToServer: 500,
        bytesToClient: 900,
      }),
    },
    {
      id: 'e3',
      client: 'svc:storefront',
      server: 'addr:10.0.0.53',
      protocol: Protocol.UDP,
      serverPort: 53,
      seconds: 10,
      health: 'ok',
      totals: create(EdgeDeltaSchema, { bytesUnknown: true, messagesToServer: 40 }),
    },
  ],
  edgesOmitted: 7,
  drops: [{ stage: 'kernel.ring', reason: 'full', count: 3 }],
})
