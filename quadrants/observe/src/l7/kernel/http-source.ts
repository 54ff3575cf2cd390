import {
  Collection,
  type CollectionSpec,
  EbpfError,
  possibleCpuCount,
  type MappedMemory,
  type Program,
} from '@quadrant/ebpf'
import { systemClock } from '../../discover/host-clock.ts'
import { readObject } from '../../kernel/objects.ts'
import type { DropCount, StageCount } from '../../kernel/loss.ts'
import { ExchangeCaptures } from '../exchange-captures.ts'
import type { RequestServer } from '../exchange-series.ts'
import type {
  CapturedHead,
  CaptureRules,
  ConnectionKinds,
  OpaqueSeries,
  RequestSeries,
  RequestSource,
  ScopeOf,
} from '../request-source.ts'
import type { CapturedExchange } from '../captured-exchange.ts'
import type { SamplingWindows } from '../sampling/sampling-windows.ts'
import { HeadRing } from './head-ring.ts'
import { dropsOf, type HttpCounts, kindsOf, readCounts, stagesOf, waitingOf } from './http-counters.ts'
import { HttpTables } from './http-tables.ts'
import { dropsOfHttp2, stagesOfHttp2 } from './http2-losses.ts'
import { Http2Source, type Http2SourceCounts } from './http2-source.ts'
import { RuleTables } from './rule-tables.ts'

/** Cgroups that are seen at a time: each packet runs the programs of every one above its socket. */
const CGROUPS_MAX = 1024

export interface HttpSourceOptions {
  /** Paths that one server may have; what is beyond is told without one. Default 1,000; all together at most 8,191. */
  readonly pathsOfServerMax?: number
  /** ns, CLOCK_MONOTONIC. Default: this machine's. */
  readonly monotonicNs?: () => number
  /** Number of the rules before the first ones that are set. Default 0. */
  readonly generation?: number
  /**
   * Of the ring through which HTTP/2 comes: a power of two and of pages. A busy service of gRPC writes some 300 bytes a
   * call. Default 8 MiB.
   */
  readonly http2RingBytes?: number
  /** Connections of HTTP/2 that are read at a time. Default 2,048. */
  readonly http2ConnectionsMax?: number
}

/** An HTTP source that also tells what it counts and costs. */
export interface HttpSource extends RequestSource {
  /**
   * Takes what came of HTTP/2 since, as `read` and `pollExchanges` do, too; how many records. It is done by itself as
   * well, each 20 ms; what the ring does not hold meanwhile is counted.
   */
  poll(): number
  /** What was made of HTTP/2. */
  http2(): Http2SourceCounts
  /** All that the programs count; cumulative. */
  counts(): HttpCounts
  /** The programs, for what they cost. */
  readonly programs: readonly Program[]
}

/** Loads the programs that see HTTP in the packets of cgroups. @throws {EbpfError} what the kernel refused */
export function openHttpSource(options: HttpSourceOptions = {}): HttpSource {
  return new PacketHttpSource(options)
}

class PacketHttpSource implements HttpSource {
  readonly programs: readonly Program[]
  readonly #owned = new DisposableStack()
  readonly #attached = new Map<string, Disposable>()
  readonly #tables: HttpTables
  readonly #collection: Collection
  /** Since there was a rule: it is two megabytes of memory. */
  #heads: HeadRing | undefined
  readonly #rules: RuleTables
  #inForce: CaptureRules = { rules: [] }
  readonly #http2: Http2Source
  readonly #counters: MappedMemory

  constructor(options: HttpSourceOptions) {
    const spec = readObject('http', 'ring')
    spec.maps.get('http_counters')!.maxEntries = possibleCpuCount()
    if (options.pathsOfServerMax !== undefined)
      spec.variables.get('paths_of_server_max')!.set(options.pathsOfServerMax)
    if (options.http2RingBytes !== undefined)
      spec.maps.get('http2_frames')!.maxEntries = options.http2RingBytes
    using undo = new DisposableStack()
    const collection = undo.use(load(spec))
    this.#collection = collection
    this.programs = [collection.program('http_ingress'), collection.program('http_egress')]
    this.#tables = undo.use(new HttpTables(collection))
    const { monotonicNs = () => systemClock.monotonicNs(), generation = 0 } = options
    this.#rules = undo.use(new RuleTables(collection, { monotonicNs, generation }))
    this.#http2 = undo.use(
      new Http2Source(collection, {
        connectionsMax: options.http2ConnectionsMax,
        pathsOfServerMax: options.pathsOfServerMax,
        captures: new ExchangeCaptures({
          protocols: ['http2', 'grpc'],
          windows: this.#rules.windows,
          scopeOf: (server) => this.#rules.scopeOf(server),
          names: this.#tables,
        }),
      }),
    )
    this.#counters = undo.use(collection.map('http_counters').mmap())
    this.#owned.use(undo.move())
  }

  attach(path: string): void {
    if (this.#attached.has(path)) throw new EbpfError('exists', `requests of ${path} are seen already`)
    if (this.#attached.size >= CGROUPS_MAX)
      throw new EbpfError('limit', `requests of ${CGROUPS_MAX} cgroups are seen already`)
    using undo = new DisposableStack()
    for (const program of this.programs) undo.use(program.attachCgroup(path))
    this.#attached.set(path, undo.move())
  }

  detach(path: string): boolean {
    const links = this.#attached.get(path)
    links?.[Symbol.dispose]()
    return this.#attached.delete(path)
  }

  read(): readonly RequestSeries[] {
    const http2 = this.#http2.read(this.#tables)
    return [...this.#tables.read(), ...http2]
  }

  get generationInForce(): number {
    return this.#rules.generationInForce
  }

  get windows(): SamplingWindows {
    return this.#rules.windows
  }

  setRules(rules: CaptureRules, scopeOf: ScopeOf): number {
    if (isForHttp1(rules))
      this.#heads ??= this.#owned.use(new HeadRing(this.#collection, (slot) => this.#tables.server(slot)))
    this.#heads?.setSecrets(rules.secrets ?? {})
    this.#inForce = rules
    this.#rules.set(rules, this.#scopes(scopeOf))
    this.#work()
    return this.#rules.generation
  }

  renewScopes(scopeOf: ScopeOf): void {
    this.#work()
    if (this.#inForce.rules.length === 0 || this.#rules.isWaiting) return
    for (const [slot, bits] of this.#scopes(scopeOf)) this.#rules.scope(slot, bits)
  }

  pollHeads(onHead: (head: CapturedHead) => void): number {
    this.#work()
    return this.#heads?.poll(onHead) ?? 0
  }

  pollExchanges(onExchange: (exchange: CapturedExchange) => void): number {
    this.#work()
    this.#http2.poll()
    return this.#http2.captures.take(onExchange)
  }

  #work(): void {
    if (!this.#rules.isDue) return
    // What has come by now is of the rules before.
    this.#http2.poll()
    const rules = this.#rules.work()
    if (rules) this.#http2.captures.set(rules, this.#rules.generation)
  }

  *#scopes(scopeOf: ScopeOf): Generator<readonly [slot: number, bits: number]> {
    const { rules } = this.#inForce
    for (const [slot, server] of this.#tables.servers()) yield [slot, scopeOf(placeOf(server), rules)]
  }

  poll(): number {
    return this.#http2.poll()
  }

  http2(): Http2SourceCounts {
    return this.#http2.counts()
  }

  counts(): HttpCounts {
    return readCounts(this.#counters)
  }

  connections(): ConnectionKinds {
    return kindsOf(this.counts())
  }

  opaque(): readonly OpaqueSeries[] {
    return this.#tables.opaque()
  }

  drops(): readonly DropCount[] {
    return [...dropsOf(this.counts()), ...dropsOfHttp2(this.#http2.counts())]
  }

  stages(): readonly StageCount[] {
    return [...stagesOf(this.counts()), ...stagesOfHttp2(this.#http2.counts())]
  }

  waiting(): number {
    this.#http2.poll()
    return waitingOf(this.counts()) + this.#http2.counts().open
  }

  [Symbol.dispose](): void {
    for (const links of this.#attached.values()) links[Symbol.dispose]()
    this.#attached.clear()
    this.#owned.dispose()
  }
}

/** Kernels before 6.10 do not tell these programs who runs: they refuse a call that is compiled in. */
function load(spec: CollectionSpec): Collection {
  try {
    return Collection.load(spec)
  } catch (error) {
    const isOld = error instanceof EbpfError && (error.log ?? '').includes('bpf_get_current_pid_tgid')
    if (!isOld) throw error
    spec.variables.get('tells_process')!.set(0)
    return Collection.load(spec)
  }
}

/** Whether the kernel's programs have something to capture. */
function isForHttp1({ rules, protocols }: CaptureRules): boolean {
  const isRead = protocols === undefined || protocols.includes('http1')
  return isRead && rules.some(({ protocol }) => protocol === undefined || protocol === 'http1')
}

function placeOf({ cgroupId, side, port, address }: RequestServer) {
  return { cgroupId, side, serverPort: port, serverAddress: address }
}
