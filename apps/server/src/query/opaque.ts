import { create } from '@bufbuild/protobuf'
import { OpaqueGroupSchema, type OpaqueGroup } from '@quadrant/proto'
import type { OpaqueSum } from '../store/opaque-rollups.ts'
import type { MapEdge } from './map.ts'
import type { Place } from './requests.ts'

const GROUPS_MAX = 200

/** What could not be read on some edges, by edge of the map and reason. */
export function opaqueGroups(
  sums: readonly OpaqueSum[],
  places: ReadonlyMap<number, Place>,
): { readonly groups: OpaqueGroup[]; readonly edges: ReadonlySet<MapEdge> } {
  const groups = new Map<string, { readonly edge: MapEdge; readonly group: OpaqueGroup }>()
  for (const { edge: stored, label, name, connections, bytesToServer, bytesToClient, requests } of sums) {
    const edge = places.get(stored)?.edge
    if (!edge) continue
    const id = `${edge.id}\n${label}\n${name}`
    let entry = groups.get(id)
    if (!entry) {
      const group = create(OpaqueGroupSchema, {
        client: edge.client.id,
        server: edge.server.id,
        serverPort: edge.ref.serverPort,
        label,
        name,
      })
      groups.set(id, (entry = { edge, group }))
    }
    entry.group.connections += connections
    entry.group.bytesToServer += bytesToServer
    entry.group.bytesToClient += bytesToClient
    entry.group.requests += requests
  }
  const most = [...groups.values()]
    .sort((a, b) => b.group.connections - a.group.connections)
    .slice(0, GROUPS_MAX)
  return { groups: most.map(({ group }) => group), edges: new Set(most.map(({ edge }) => edge)) }
}
