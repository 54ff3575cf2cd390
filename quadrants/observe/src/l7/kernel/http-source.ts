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
import type {
  CapturedHead,
  CaptureRules,
  ConnectionKinds,
  OpaqueSeries,
  RequestSeries,
  RequestSource,
  ScopeOf,
} from '../request-source.ts'
import { HeadRing } from './head-ring.ts'
import { dropsOf, type HttpCounts, kindsOf, readCounts, stagesOf, waitingOf } from './http-counters.ts'
import { type HttpServer, HttpTables } from './http-tables.ts'
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
}

/** An HTTP source that also tells what it counts and costs. */
export interface HttpSource extends RequestSource {
  /** All that the programs count; cumulative. */
  counts(): HttpCounts
  /** The programs, for what they cost. */
  readonly programs: readonly Program[]
}

/** Loads the programs that see HTTP/1 in the packets of cgroups. @throws {EbpfError} what the kernel refused */
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
  readonly #counters: MappedMemory

  constructor(options: HttpSourceOptions) {
    const spec = readObject('http', 'ring')
    spec.maps.get('http_counters')!.maxEntries = possibleCpuCount()
    if (options.pathsOfServerMax !== undefined)
      spec.variables.get('paths_of_server_max')!.set(options.pathsOfServerMax)
    using undo = new DisposableStack()
    const collection = undo.use(load(spec))
    this.#collection = collection
    this.programs = [collection.program('http_ingress'), collection.program('http_egress')]
    this.#tables = undo.use(new HttpTables(collection))
    const { monotonicNs = () => systemClock.monotonicNs(), generation = 0 } = options
    this.#rules = undo.use(new RuleTables(collection, { monotonicNs, generation }))
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
    return this.#tables.read()
  }

  setRules(rules: CaptureRules, scopeOf: ScopeOf): number {
    if (rules.rules.length > 0)
      this.#heads ??= this.#owned.use(new HeadRing(this.#collection, (slot) => this.#tables.server(slot)))
    this.#heads?.setSecrets(rules.secrets ?? {})
    this.#inForce = rules
    this.#rules.set(rules, this.#scopes(scopeOf))
    return this.#rules.generation
  }

  renewScopes(scopeOf: ScopeOf): void {
    this.#rules.work()
    if (this.#inForce.rules.length === 0 || this.#rules.isWaiting) return
    for (const [slot, bits] of this.#scopes(scopeOf)) this.#rules.scope(slot, bits)
  }

  pollHeads(onHead: (head: CapturedHead) => void): number {
    this.#rules.work()
    return this.#heads?.poll(onHead) ?? 0
  }

  *#scopes(scopeOf: ScopeOf): Generator<readonly [slot: number, bits: number]> {
    const { rules } = this.#inForce
    for (const [slot, server] of this.#tables.servers()) yield [slot, scopeOf(placeOf(server), rules)]
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
    return dropsOf(this.counts())
  }

  stages(): readonly StageCount[] {
    return stagesOf(this.counts())
  }

  waiting(): number {
    return waitingOf(this.counts())
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

function placeOf({ cgroupId, side, port, address }: HttpServer) {
  return { cgroupId, side, serverPort: port, serverAddress: address }
}
