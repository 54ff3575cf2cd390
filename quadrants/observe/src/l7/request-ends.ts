import { formatAddress, isLoopback, parseAddress } from '@quadrant/core'
import { addressOfEnd, type EdgeTable, End } from '../model/edge-table.ts'
import { peerClassOf } from './peer-class.ts'
import type { RequestClient, SeriesPlace } from './request-source.ts'
import { type SeenEdge, SeenEdges } from './seen-edges.ts'

/** An end of requests: of an edge (see {@link End}), an address that no edge has, or why it is not told which. */
export type RequestEnd = number | { readonly address: Uint8Array } | { readonly other: string }

export interface RequestEnds {
  readonly client: RequestEnd
  readonly server: RequestEnd
  /** Whose routes they are: the serving process's, or where that is not known its address. */
  readonly service: string
  /** The process at the side that saw it is this one, and stands for no others of its service. */
  readonly isExact?: boolean
}

export type IsWatched = (service: string, servers: readonly number[]) => boolean

/** What is to be known of processes. */
export interface ProcessPlaces {
  pidOf(id: number): number | undefined
  /** Empty where it is not known. */
  serviceOf(id: number): string
  /** Id of its cgroup in the v2 hierarchy; undefined where it is not known. */
  cgroupOf(id: number): number | undefined
}

/**
 * Finds who asked and who answered. The kernel counts requests by cgroup, port and kind of peer; which processes those
 * are is known from the connections that were told, and where these leave more than one service nothing is guessed.
 */
export class EndFinder {
  readonly #edges: EdgeTable
  readonly #processes: ProcessPlaces
  readonly #seen = new SeenEdges()
  #services = new Map<number, string>()

  constructor(edges: EdgeTable, processes: ProcessPlaces) {
    this.#edges = edges
    this.#processes = processes
  }

  /** Begins a window, by the edges that it told. */
  see(): void {
    this.#seen.see(this.#edges)
    this.#services = new Map()
  }

  /**
   * The ends of a series; `elsewhere` where the other end's side tells it, undefined where no edge is known for it yet, or
   * none of the client that the kernel names.
   *
   * @param isWatched whether requests of a service are seen at its own side, that of these processes
   */
  find(place: SeriesPlace, isWatched: IsWatched): RequestEnds | 'elsewhere' | undefined {
    return place.side === 'server' ? this.#findClient(place) : this.#findServer(place, isWatched)
  }

  /** What is left to say of a series for which no edge came; what was asked within this host is told by its server. */
  unknown(place: SeriesPlace): RequestEnds | 'elsewhere' {
    const { side, serverAddress } = place
    if (side === 'client' && isLoopbackText(serverAddress)) return 'elsewhere'
    // Whom the kernel names may ask over a socket that another process holds.
    if (side === 'server')
      return (
        this.#findClient({ ...place, client: undefined }) ?? {
          client: { other: 'unknown-client' },
          server: { other: 'unknown-server' },
          service: '',
        }
      )
    return {
      client: { other: 'unknown-client' },
      server: { address: parseAddress(serverAddress) ?? new Uint8Array(4) },
      service: serverAddress,
    }
  }

  /** Of a process's service; remembered for a window. */
  serviceOf(id: number): string {
    let service = this.#services.get(id)
    if (service === undefined) this.#services.set(id, (service = this.#processes.serviceOf(id)))
    return service
  }

  #findClient({ cgroupId, serverPort, peer, client: asker }: SeriesPlace): RequestEnds | undefined {
    const at = [...this.#seen.at(serverPort)].filter(({ server }) => server >= 0)
    if (at.length === 0) return undefined
    const servers = this.#inCgroup(
      at.map(({ server }) => server),
      cgroupId,
    )
    const server = this.#only(servers, 'several-servers')
    const clients = at
      .filter((edge) => servers.includes(edge.server))
      .map(({ client }) => client)
      .filter((client) => client >= 0 || this.#mayBe(client, peer))
    const known = asker && clients.find((client) => this.#isClient(client, asker))
    if (asker !== undefined && known === undefined) return undefined
    return {
      client: known ?? this.#only(clients, clients.length === 0 ? 'unknown-client' : 'several-clients'),
      server,
      service: typeof server === 'number' ? this.serviceOf(server) : '',
      isExact: isOne(servers),
    }
  }

  #findServer(
    { cgroupId, serverPort, serverAddress }: SeriesPlace,
    isWatched: IsWatched,
  ): RequestEnds | 'elsewhere' | undefined {
    const at = [...this.#seen.at(serverPort)].filter(({ client }) => client >= 0)
    const here = at.filter(({ server }) => server >= 0)
    // The other end of a connection within this host is an address until its process is known.
    const far = isLoopbackText(serverAddress)
      ? []
      : at.filter(
          ({ server, tick }) =>
            this.#addressOf(server) === serverAddress && here.every((edge) => edge.tick <= tick),
        )
    const near = far.length > 0 ? far : here
    if (near.length === 0) return undefined
    const clients = this.#inCgroup(
      near.map(({ client }) => client),
      cgroupId,
    )
    const client = this.#only(clients, 'several-clients')
    if (far.length > 0)
      return { client, server: far[0]!.server, service: serverAddress, isExact: isOne(clients) }
    const servers = serversOf(near, clients)
    const server = this.#only(servers, 'several-servers')
    const service = typeof server === 'number' ? this.serviceOf(server) : ''
    return isWatched(service, servers) ? 'elsewhere' : { client, server, service, isExact: isOne(clients) }
  }

  /** Those of a cgroup, where that tells some of them apart. */
  #inCgroup(processes: readonly number[], cgroupId: number): readonly number[] {
    if (new Set(processes).size === 1) return processes
    const inside = processes.filter((id) => this.#processes.cgroupOf(id) === cgroupId)
    return inside.length > 0 ? inside : processes
  }

  /** One end for all: of processes of one service the eldest stands for them. */
  #only(ends: readonly number[], reason: string): RequestEnd {
    const [first] = ends
    if (first !== undefined && ends.every((end) => end === first)) return first
    if (ends.some((end) => end < 0)) return { other: reason }
    const services = new Set(ends.map((end) => this.serviceOf(end)))
    const isOne = services.size === 1 && !services.has('')
    return isOne ? Math.min(...ends) : { other: reason }
  }

  /** What the kernel says of a client is true where a connection says it, too. */
  #isClient(end: number, client: RequestClient): boolean {
    if ('pid' in client) return end >= 0 && this.#processes.pidOf(end) === client.pid
    return this.#addressOf(end) === client.address
  }

  #mayBe(end: number, peer: SeriesPlace['peer']): boolean {
    return end > End.firstAddress || peerClassOf(this.#edges.addresses.bytes(addressOfEnd(end))) === peer
  }

  #addressOf(end: number): string | undefined {
    return end > End.firstAddress ? undefined : formatAddress(this.#edges.addresses.bytes(addressOfEnd(end)))
  }
}

function isOne(processes: readonly number[]): boolean {
  return processes.every((id) => id === processes[0])
}

function isLoopbackText(address: string): boolean {
  const bytes = parseAddress(address)
  return bytes !== undefined && isLoopback(bytes)
}

function serversOf(edges: readonly SeenEdge[], clients: readonly number[]): number[] {
  return edges.filter(({ client }) => clients.includes(client)).map(({ server }) => server)
}
