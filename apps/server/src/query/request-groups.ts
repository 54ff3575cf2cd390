import { RequestGrouping, RequestProtocol, type RequestGroup } from '@quadrant/proto'
import { RequestSum } from '../store/request-totals.ts'
import type { MapEdge } from './map.ts'
import { RequestEndings } from './request-endings.ts'
import type { FoundSeries } from './requests.ts'

type GroupName = Pick<
  RequestGroup,
  'id' | 'client' | 'server' | 'serverPort' | 'protocol' | 'method' | 'route'
>

/** Series that are told as one. */
export interface FoundGroup {
  readonly name: { -readonly [Key in keyof GroupName]: GroupName[Key] }
  readonly sum: RequestSum
  readonly endings: RequestEndings
  /** Its edges of the map. */
  readonly edges: Set<MapEdge>
  requests: number
}

/** Puts series into groups. */
export class RequestGroups {
  readonly #grouping: RequestGrouping
  readonly #groups = new Map<string, FoundGroup>()

  constructor(grouping: RequestGrouping) {
    this.#grouping = grouping
  }

  get count(): number {
    return this.#groups.size
  }

  add(series: FoundSeries): void {
    const name = this.#nameOf(series)
    if (!name) return
    let group = this.#groups.get(name.id)
    if (!group) {
      group = { name, sum: new RequestSum(), endings: new RequestEndings(), edges: new Set(), requests: 0 }
      this.#groups.set(name.id, group)
    }
    // What not all of a group have in common, it has not.
    if (group.name.protocol !== name.protocol) group.name.protocol = RequestProtocol.UNSPECIFIED
    if (group.name.serverPort !== name.serverPort) group.name.serverPort = 0
    group.sum.add(series.totals)
    group.endings.add(series.key, series.totals.requests)
    group.edges.add(series.edge)
    group.requests += series.totals.requests
  }

  /** Those with the most requests, the busiest first. */
  busiest(limit: number): FoundGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.requests - a.requests).slice(0, limit)
  }

  #nameOf({ key, edge }: FoundSeries): FoundGroup['name'] | undefined {
    const { protocol, method, route } = key
    const server = edge.server.id
    const { serverPort } = edge.ref
    switch (this.#grouping) {
      case RequestGrouping.EDGE:
        return { id: edge.id, client: edge.client.id, server, serverPort, protocol, method: '', route: '' }
      case RequestGrouping.ROUTE:
        // Neither a coordinate nor a method has a blank that is not quoted; a route may have anything: it is the last.
        return {
          id: `${server} ${protocol} ${method} ${route}`,
          client: '',
          server,
          serverPort,
          protocol,
          method,
          route,
        }
      default:
        return undefined
    }
  }
}
