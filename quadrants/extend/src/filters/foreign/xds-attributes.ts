import type { StreamInfo } from '../stream/stream-info.ts'
import type { AttributeSource } from './attribute-source.ts'
import { utf8Text, type AttributeValue } from './attribute-value.ts'
import { metadataMessage, nodeMessage, type Metadata } from './struct-message.ts'

type Find = (info: StreamInfo) => AttributeValue | undefined

/** As `envoy.config.core.v3.TrafficDirection`. */
const DIRECTIONS = { none: 0, inbound: 1, outbound: 2 } as const

const metadata = (configured: Metadata | undefined): AttributeValue => metadataMessage(configured ?? {})

/** Whether a route was chosen: one may have no name. */
const isRouted = ({ routeName, clusterName }: StreamInfo): boolean => routeName !== '' || clusterName !== ''

const ofRoute =
  (find: Find): Find =>
  (info) =>
    isRouted(info) ? find(info) : undefined

const ofCluster =
  (find: Find): Find =>
  (info) =>
    info.clusterName === '' ? undefined : find(info)

const XDS: ReadonlyMap<string, Find> = new Map<string, Find>([
  ['cluster_name', ofCluster(({ clusterName }) => utf8Text(clusterName))],
  ['cluster_metadata', ofCluster(({ clusterMetadata }) => metadata(clusterMetadata))],
  ['route_name', ofRoute(({ routeName }) => utf8Text(routeName))],
  ['route_metadata', ofRoute(({ routeMetadata }) => metadata(routeMetadata))],
  ['virtual_host_name', ofRoute(({ virtualHostName }) => utf8Text(virtualHostName))],
  ['virtual_host_metadata', ofRoute(({ virtualHostMetadata }) => metadata(virtualHostMetadata))],
  [
    'upstream_host_metadata',
    (info) => (info.upstreamAddress === undefined ? undefined : metadata(info.upstreamHostMetadata)),
  ],
  ['filter_chain_name', ({ filterChainName = '' }) => utf8Text(filterChainName)],
  ['listener_metadata', ({ listenerMetadata }) => metadata(listenerMetadata)],
  ['listener_direction', ({ listenerDirection }) => DIRECTIONS[listenerDirection ?? 'none']],
])

/** What was configured; who runs it is known without a stream as well. */
export function xdsAttribute({ node, stream }: AttributeSource, name: string): AttributeValue | undefined {
  if (name === 'node') return node && nodeMessage(node)
  return stream && XDS.get(name)?.(stream.info)
}
