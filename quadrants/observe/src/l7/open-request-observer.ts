import { channel } from 'node:diagnostics_channel'
import { create } from '@bufbuild/protobuf'
import { type Diagnostic, globMatch } from '@quadrant/core'
import { cgroupRoot } from '@quadrant/ebpf'
import {
  type RequestInstruction,
  RequestInstructionSchema,
  type RequestProtocol,
  RequestReportSchema,
} from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'
import { reportProgram } from '../kernel/programs.ts'
import type { EdgeTable } from '../model/edge-table.ts'
import type { EndpointList } from '../model/endpoint-list.ts'
import type { SocketEnds } from '../model/socket-ends.ts'
import type { GoProbing } from '../runtime/go-probing.ts'
import { type HttpSource, openHttpSource } from './kernel/http-source.ts'
import { OpaqueConnections } from './opaque-connections.ts'
import type { CapturedExchange } from './captured-exchange.ts'
import { RequestCaptures } from './request-captures.ts'
import { EndFinder, type RequestEnds } from './request-ends.ts'
import { PROTOCOLS, RequestLog } from './request-log.ts'
import { routeOf } from './route-of.ts'
import type { RequestObserver } from './request-observer.ts'
import type { OpaqueSeries, RequestSeries, SeriesPlace } from './request-source.ts'
import { compileRouteRules } from './route/route-rule.ts'
import { ROUTES_PER_SERVICE_DEFAULT, RouteTable } from './route/route-table.ts'
import { PreciseRequests } from './stream/precise-requests.ts'
import type { CaptureStream } from './stream/stream-requests.ts'
import { ReadPlaces } from './tls/read-places.ts'
import { TlsRequests } from './tls/tls-requests.ts'
import { type GroupProcesses, WatchedGroups } from './watched-groups.ts'

/** Rows wait so many ticks for the connection that says whose they are … */
const WAIT_TICKS = 3
/** … at most so many at once. */
const WAITING_MAX = 4096
/** Services that are counted. */
const SERVICES_MAX = 4096
/** The processes of chosen services are looked for again after so many ticks. */
const FOLLOW_TICKS = 5

/** Loading takes the kernel half a second and more: the window that a start tells at once is told, and on its way. */
const OPEN_TICKS = 2

const diagnostics = channel('quadrant:observe')

/** What the observer asks of processes. */
export interface RequestProcesses extends GroupProcesses {
  serviceOf(id: number): string
}

export interface RequestObserverOptions {
  readonly clock: HostClock
  readonly procRoot: string
  readonly processes: RequestProcesses
  /** As the window left them. */
  readonly edges: EdgeTable
  /** Both ends of a connection that lives, by the cookie of a socket. */
  readonly socketOf: (cookie: number) => SocketEnds | undefined
  /** Go processes, whose TLS is read. Default: none is. */
  readonly go?: GoProbing
  /** Why there are no requests here, where that is known. */
  readonly problem?: string
}

interface Waiting<Row> {
  readonly row: Row
  readonly sinceTick: number
}

/** Observes requests once it is configured; until then nothing is loaded. */
export function openRequestObserver(options: RequestObserverOptions): RequestObserver {
  return new Observer(options)
}

class Observer implements RequestObserver {
  readonly #options: RequestObserverOptions
  readonly #groups: WatchedGroups | undefined
  readonly #finder: EndFinder
  readonly #routes = new RouteTable()
  readonly #log = new RequestLog()
  readonly #precise: PreciseRequests
  readonly #tls: TlsRequests | undefined
  readonly #readPlaces: ReadPlaces
  readonly #captures: RequestCaptures
  /** Services that answered. */
  readonly #services = new Set<string>()
  readonly #opaque = new OpaqueConnections()
  #isOpaqueTold = false
  #source: HttpSource | undefined
  #problem: string | undefined
  #ruleProblems: readonly Diagnostic[] = []
  #instruction: RequestInstruction = create(RequestInstructionSchema, { off: true })
  #waiting: Waiting<RequestSeries>[] = []
  #waitingOpaque: Waiting<OpaqueSeries>[] = []
  #ticks = 0
  #waitTicks = WAIT_TICKS
  #opensAtTick = Infinity

  constructor(options: RequestObserverOptions) {
    this.#options = options
    const { clock: _, procRoot, processes, edges, problem } = options
    const root = problem === undefined ? cgroupRoot() : undefined
    if (root === undefined) this.#problem = problem ?? 'no cgroup v2 hierarchy is mounted'
    else this.#groups = new WatchedGroups(procRoot, root, processes)
    this.#finder = new EndFinder(edges, {
      serviceOf: (id) => processes.serviceOf(id),
      pidOf: (id) => processes.pidOf(id),
      cgroupOf: (id) => this.#groups?.idOf(id),
    })
    this.#readPlaces = new ReadPlaces({
      finder: this.#finder,
      reads: (process) => this.#tls?.reads(process) === true,
      cgroupOf: (process) => this.#groups?.idOf(process),
    })
    const peerPidOf = (cookie: number) => {
      const peer = options.socketOf(cookie)?.peerProcess ?? -1
      return peer < 0 ? undefined : processes.pidOf(peer)
    }
    this.#precise = new PreciseRequests({
      groupsOf: (services) => this.#groups?.idsOf(services) ?? new Set(),
      peerPidOf,
    })
    if (options.go !== undefined)
      this.#tls = new TlsRequests({
        go: options.go,
        monotonicNs: () => options.clock.monotonicNs(),
        isChosen: (process) => this.#isChosen(processes.serviceOf(process)),
        peerPidOf,
      })
    this.#captures = new RequestCaptures({
      clock: options.clock,
      finder: this.#finder,
      routes: this.#routes,
      log: this.#log,
      socketOf: options.socketOf,
      isWatched: (source) => (service, servers) => this.#isSeenAtServer(source, service, servers),
      isElsewhere: (cgroupId) => this.#precise.has(cgroupId),
      streams: new Map<CapturedExchange['source'], CaptureStream>([
        ['sockets', this.#precise],
        ...(this.#tls === undefined ? [] : ([['tls', this.#tls]] as const)),
      ]),
      isAsked: (place, ends) => this.#isAsked(place, ends),
    })
  }

  poll(): void {
    if (this.#ticks >= this.#opensAtTick) this.#open()
    if (this.#source === undefined) return
    this.#precise.poll()
    this.#tls?.poll()
    this.#captures.poll(this.#source)
  }

  tick({ final = false }: { readonly final?: boolean } = {}): void {
    this.#ticks++
    this.#waitTicks = final ? 0 : WAIT_TICKS
    if (this.#source === undefined) return
    if (this.#ticks % FOLLOW_TICKS === 0 && this.#instruction.services.length > 0) {
      this.#follow()
      this.#tls?.renew()
    }
    this.#precise.renew(this.#source)
    this.#finder.see()
    this.#captures.tick(this.#source)
    const waiting = this.#waiting
    this.#waiting = []
    for (const { row, sinceTick } of waiting) this.#add(row, sinceTick)
    for (const row of this.#precise.read(this.#source)) this.#add(row, this.#ticks)
    for (const row of this.#tls?.read() ?? []) this.#add(row, this.#ticks)
    const waitingOpaque = this.#waitingOpaque
    this.#waitingOpaque = []
    for (const { row, sinceTick } of waitingOpaque) this.#addOpaque(row, sinceTick)
    this.#opaque.cover(this.#readPlaces.of(this.#tls?.takeBegun() ?? []))
    const isReading = !final && this.#tls?.isReading === true
    for (const row of this.#opaque.take(this.#source.opaque(), isReading)) this.#addOpaque(row, this.#ticks)
  }

  take(ends: EndpointList) {
    return this.#log.take(ends)
  }

  configure(instruction: RequestInstruction = create(RequestInstructionSchema)): void {
    this.#instruction = instruction
    const { value, diagnostics: problems } = compileRouteRules(instruction.routeRules)
    this.#ruleProblems = problems
    this.#routes.configure({
      rules: value,
      routesPerServiceMax: instruction.routesPerServiceMax || ROUTES_PER_SERVICE_DEFAULT,
    })
    if (instruction.off) this.#close()
    else if (this.#source === undefined) this.#opensAtTick = this.#ticks + OPEN_TICKS
    else this.#open()
  }

  report() {
    if (this.#source === undefined) return undefined
    const ofKernel = this.#source.counts()
    const ofHttp2 = this.#source.http2()
    return create(RequestReportSchema, {
      generation: this.#captures.generationInForce,
      effectiveNs: this.#captures.effectiveNs,
      headerScan: this.#captures.scans,
      services: this.#services.size,
      preciseServices: this.#precise.countOf(this.#services),
      tlsProcesses: this.#tls?.processCount ?? 0,
      requests: this.#log.seenCount - this.#log.droppedCount,
      captures: this.#captures.toldCount,
      capturesCapped:
        ofKernel.captureCapped +
        ofKernel.captureFull +
        ofHttp2.captureCapped +
        ofHttp2.captureFull +
        this.#captures.limitCount,
    })
  }

  programs() {
    return [...(this.#source?.programs ?? []), ...this.#precise.programs, ...(this.#tls?.programs ?? [])].map(
      reportProgram,
    )
  }

  drops() {
    return [
      ...(this.#source?.drops() ?? []),
      ...this.#precise.drops(),
      ...(this.#tls?.drops() ?? []),
      { stage: 'tracer.requests', reason: 'series-limit', count: this.#log.droppedCount },
      ...this.#routes.drops,
      ...this.#captures.drops(),
    ]
  }

  stages() {
    const { seenCount, droppedCount } = this.#log
    const { seen, kept } = this.#captures.counts
    return [
      ...(this.#source?.stages() ?? []),
      ...this.#precise.stages(),
      ...(this.#tls?.stages() ?? []),
      { stage: 'tracer.requests', seen: seenCount + seen, kept: seenCount - droppedCount + kept },
    ]
  }

  blindSpots(): readonly string[] {
    if (this.#instruction.off) return []
    const spots = [...this.#ruleProblems, ...this.#captures.problems].map(
      ({ message }) => `requests: ${message}`,
    )
    if (this.#problem !== undefined) spots.push(`requests are not seen: ${this.#problem}`)
    if (this.#source === undefined) return spots
    // No numbers: whoever watches the list would see it change each second.
    if (this.#isOpaqueTold)
      spots.push('requests: some connections were encrypted, and only the name of their server is told')
    if (this.#tls?.problem !== undefined) spots.push(`requests: ${this.#tls.problem}`)
    if (this.#precise.problem !== undefined) spots.push(`requests: ${this.#precise.problem}`)
    return spots
  }

  [Symbol.dispose](): void {
    this.#close()
  }

  #open(): void {
    this.#opensAtTick = Infinity
    if (this.#groups === undefined) return
    try {
      this.#source ??= openHttpSource({
        monotonicNs: () => this.#options.clock.monotonicNs(),
        generation: this.#captures.generation,
      })
      this.#captures.configure(this.#source, this.#instruction)
      this.#groups.follow(this.#source, this.#instruction.services)
      this.#precise.configure(this.#source, this.#instruction.preciseServices)
      this.#tls?.configure({ isOn: !this.#instruction.tlsOff })
      this.#problem = undefined
    } catch (error) {
      this.#fail(error)
    }
  }

  #follow(): void {
    try {
      this.#groups!.follow(this.#source!, this.#instruction.services)
      this.#problem = undefined
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (message !== this.#problem) diagnostics.publish({ event: 'requests-failed', message })
    this.#problem = message
  }

  #close(): void {
    this.#opensAtTick = Infinity
    this.#precise[Symbol.dispose]()
    this.#tls?.configure({ isOn: false })
    this.#source?.[Symbol.dispose]()
    this.#source = undefined
    this.#groups?.clear()
    this.#captures.forgetSource()
    this.#opaque.clear()
    this.#isOpaqueTold = false
    this.#waiting = []
    this.#waitingOpaque = []
  }

  #add(row: RequestSeries, sinceTick: number): void {
    if (!this.#isRead(PROTOCOLS[row.protocol])) return
    const ends = this.#find(row, this.#waiting, sinceTick)
    if (ends === undefined) return
    if (row.side === 'server' && this.#services.size < SERVICES_MAX) this.#services.add(ends.service)
    this.#log.add(row, ends, this.#routeOf(row, ends.service))
  }

  #routeOf({ path, protocol, count }: RequestSeries, service: string): string {
    return routeOf(this.#routes.of(service), { path, isGrpc: protocol === 'grpc' }, count)
  }

  #addOpaque(row: OpaqueSeries, sinceTick: number): void {
    const ends = this.#find(row, this.#waitingOpaque, sinceTick)
    if (ends === undefined) return
    this.#isOpaqueTold = true
    this.#log.addOpaque(row, ends)
  }

  /** Undefined where it is not to be told, or not yet: then it is among those that wait. */
  #find<Row extends SeriesPlace>(
    row: Row,
    waiting: Waiting<Row>[],
    sinceTick: number,
  ): RequestEnds | undefined {
    const found = this.#finder.find(row, (service, servers) =>
      this.#isSeenAtServer(sourceOf(row), service, servers),
    )
    if (found === 'elsewhere') return undefined
    if (found === undefined && this.#ticks - sinceTick < this.#waitTicks && waiting.length < WAITING_MAX) {
      waiting.push({ row, sinceTick })
      return undefined
    }
    const ends = found ?? this.#finder.unknown(row)
    return ends !== 'elsewhere' && this.#isAsked(row, ends) ? ends : undefined
  }

  /** Whether requests of a service are told by its own side. What TLS carries is told where it can be read. */
  #isSeenAtServer(source: CapturedExchange['source'], service: string, servers: readonly number[]): boolean {
    return source === 'tls' ? servers.some((server) => this.#tls!.reads(server)) : this.#isChosen(service)
  }

  /** Whether somebody chose the service at whose socket it was seen. */
  #isAsked({ side }: SeriesPlace, { client, server }: RequestEnds): boolean {
    if (this.#instruction.services.length === 0) return true
    const own = side === 'server' ? server : client
    return typeof own === 'number' && own >= 0 && this.#isChosen(this.#finder.serviceOf(own))
  }

  #isChosen(service: string): boolean {
    const { services } = this.#instruction
    return services.length === 0 || services.some((glob) => globMatch(glob, service))
  }

  #isRead(protocol: RequestProtocol): boolean {
    const { protocols } = this.#instruction
    return protocols.length === 0 || protocols.includes(protocol)
  }
}

function sourceOf(row: SeriesPlace | RequestSeries): CapturedExchange['source'] {
  return ('source' in row ? row.source : undefined) ?? 'packets'
}
