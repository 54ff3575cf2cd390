import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { FilterState } from '../filters/foreign/filter-state.ts'
import { FOREIGN_LIMITS } from '../filters/foreign/foreign-limits.ts'
import { PluginProperties, type PropertyStream } from '../filters/foreign/plugin-properties.ts'
import type { StreamInfo } from '../filters/stream/stream-info.ts'

/** The request, and the configuration, with which the answers of Envoy were recorded. */
export const ENVOY_STREAM_INFO: StreamInfo = {
  connection: {
    id: 3,
    sourceAddress: '127.0.0.1:5000',
    sourcePort: 5000,
    destinationAddress: '127.0.0.1:19000',
    destinationPort: 19000,
  },
  protocol: 'HTTP/1.1',
  startTimeMs: 1_795_772_700_000.25,
  listenerName: 'main',
  routeName: 'up',
  virtualHostName: 'vh',
  clusterName: 'back',
  upstreamAddress: undefined,
  upstreamTransportFailure: undefined,
  requestBodyBytes: 0,
  requestHeadBytes: 100,
  responseBodyBytes: 0,
  responseHeadBytes: 0,
  responseStatus: 0,
  responseDetails: '',
  responseFlags: 0,
  requestId: '1',
  durationNs: undefined,
  routeMetadata: { rm: { s: 'text', n: '1.5', b: true, l: [1, 'two'], o: { x: true } } },
  clusterMetadata: { cm: { k: 'v' } },
  virtualHostMetadata: { vhm: { k: 'v' } },
  listenerMetadata: { lm: { k: 'v' } },
  filterChainName: 'fc',
  listenerDirection: 'inbound',
  upstreamEndpoints: 1,
}

export function envoyPlugin(limits = FOREIGN_LIMITS): PluginProperties {
  return new PluginProperties({
    plugin: { name: 'plug', rootId: 'root', vmId: 'vm' },
    node: {
      id: 'node-1',
      cluster: 'cluster-n',
      metadata: { role: 'edge', n: 3, nested: { a: [1, 'x'] } },
      locality: { region: 'r', zone: 'z', subZone: '' },
      userAgentName: 'envoy',
    },
    limits,
  })
}

/** While the headers of its request are there. */
export function envoyStream(given: Partial<PropertyStream> = {}): PropertyStream {
  const headers = HeaderMap.of([
    [':authority', '127.0.0.1:19000'],
    [':path', '/some/path?q=1'],
    [':method', 'GET'],
    [':scheme', 'http'],
    ['x-a', '1'],
    ['referer', 'ref'],
    ['user-agent', 'ua'],
    ['x-request-id', '1'],
  ])
  return {
    info: ENVOY_STREAM_INFO,
    state: new FilterState(FOREIGN_LIMITS),
    requestHeaders: () => headers,
    responseHeaders: () => undefined,
    responseTrailers: () => undefined,
    clearRouteCache: () => {},
    ...given,
  }
}
