import {
  type BpfMap,
  cgroupRoot,
  type CollectionSpec,
  EbpfError,
  openPerfBuffer,
  openRingBuffer,
  type RecordReader,
} from '@quadrant/ebpf'
import type { KernelReport, KernelSource, KernelSourceOptions, SampleReport } from './kernel-source.ts'
import { Lengths } from './lengths.ts'
import { type DropCount, readLosses, type StageCount } from './loss.ts'
import type { BufferKind, ObjectName } from './objects.ts'
import { type NamespaceUse, type NetNamespace, planPasses } from './pass-plan.ts'
import { Passes } from './passes.ts'
import { type ProgramFailure, Programs } from './programs.ts'
import { RecordKind, SockWord } from './record.ts'
import type { RecordSink } from './record-sink.ts'
import { TimeOrder } from './time-order.ts'
import { Transits } from './transits.ts'
import { UdpPeers } from './udp-peers.ts'

const CGROUP_PROGRAMS = [
  'udp_connect4',
  'udp_connect6',
  'udp_sendmsg4',
  'udp_sendmsg6',
  'udp_recvmsg4',
  'udp_recvmsg6',
  'udp_release',
] as const

/** Without tcp_state there is no source; the others are missed less. */
const TCP_PROGRAMS = ['tcp_state', 'tcp_destroy', 'tcp_reset_received', 'tcp_reset_sent'] as const
const PROCESS_PROGRAMS = ['process_fork', 'process_exec', 'process_exit'] as const

/**
 * Loads and attaches the programs, then tells everything that is there already: first the programs see what
 * changes, then the passes tell what is, so that nothing falls between. What both tell is joined by cookie.
 *
 * @throws {EbpfError} when state changes or passes cannot be had at all; what is optional is in `report().failures`
 */
export function openKernelSource(sink: RecordSink, options: KernelSourceOptions): KernelSource {
  if (options.buffer !== undefined) return new BpfKernelSource(sink, options, options.buffer)
  try {
    return new BpfKernelSource(sink, options, 'ring')
  } catch (error) {
    // A kernel without ring buffers refuses the map's type, and says nothing else about why.
    if (!(error instanceof EbpfError) || error.code === 'permission') throw error
    return new BpfKernelSource(sink, options, 'perf')
  }
}

class BpfKernelSource implements KernelSource {
  readonly buffer: BufferKind
  readonly #sink: RecordSink
  readonly #stack = new DisposableStack()
  readonly #programs: Programs
  readonly #reader: RecordReader
  readonly #passes: Passes
  readonly #udp: UdpPeers | undefined
  /** Ring buffers only. */
  readonly #transits: Transits | undefined
  readonly #lengths: Lengths
  readonly #failures: ProgramFailure[] = []
  readonly #uses = new Map<number, NamespaceUse>()
  readonly #passLimits: { readonly most: number; readonly crowd: number | undefined }
  readonly #monotonicNs: () => bigint
  /** Perf buffers only. */
  readonly #order: TimeOrder | undefined
  readonly #onRecord: (words: Uint32Array, at: number, byteLength: number) => void
  #tick = 0
  #lastNetns = 0
  #delivered = 0
  #polling = false

  constructor(sink: RecordSink, options: KernelSourceOptions, buffer: BufferKind) {
    using cleanup = new DisposableStack()
    cleanup.use(this.#stack)
    this.buffer = buffer
    this.#sink = sink
    this.#passLimits = { most: options.completePassesMax ?? 4, crowd: options.crowd }
    this.#onRecord = (words, at, byteLength) => this.#deliver(words, at, byteLength)
    const monotonicNs = options.monotonicNs ?? (() => process.hrtime.bigint())
    this.#monotonicNs = monotonicNs
    this.#order = buffer === 'perf' ? new TimeOrder() : undefined
    const programs = this.#stack.use(new Programs(buffer))
    this.#programs = programs

    const tcp = this.#load('tcp', TCP_PROGRAMS, (spec) => {
      const records = spec.maps.get('records')
      if (buffer === 'ring' && records !== undefined)
        records.maxEntries = options.ringBytes ?? records.maxEntries
      sizeTransits(spec, options.transitPlaces)
    })
    // Before a map of theirs is asked for: what refused the programs is what people need to know.
    this.#requireStates()
    const open = buffer === 'ring' ? openRingBuffer : openPerfBuffer
    this.#reader = this.#stack.use(open(programs.map('records')))
    this.#transits = buffer === 'ring' ? this.#stack.use(new Transits(programs.map('transits'))) : undefined
    this.#udp = this.#attachUdp(sink, options, monotonicNs)
    this.#lengths = this.#stack.use(
      new Lengths(programs, this.#udp && programs.map('udp_settings'), options.callProbe),
    )
    // Processes before sockets: whoever opens one has been told.
    for (const attach of this.#load('processes', PROCESS_PROGRAMS)) attach()
    for (const attach of tcp) attach()
    this.#requireStates()
    const passes = programs.load('passes', {
      prepare: (spec) => sizeTransits(spec, options.transitPlaces),
    })
    this.#passes = this.#stack.use(
      new Passes(sink, {
        attach: (name) => passes.attachIterator(name),
        monotonicNs,
        beforeEnd: () => void this.poll(),
        walkedOver: () => readCount(programs.map('walked_over')),
      }),
    )
    this.#backFill(options.namespaces)
    cleanup.move()
  }

  poll(recordsMax?: number): number {
    // A sink that polls, or the end of a pass within a poll, must not enter the reader again.
    if (this.#polling) return 0
    this.#polling = true
    try {
      const count = this.#drain(recordsMax)
      const udp = this.#udp
      if (udp !== undefined && udp.closedCount > this.#programs.map('udp_peers').maxEntries / 2) udp.tell()
      return count
    } finally {
      this.#polling = false
    }
  }

  sample(namespaces: readonly NetNamespace[]): SampleReport {
    const begin = performance.now()
    this.#tick += 1
    this.#transits?.forEachNamespace((inode) => this.#touch(inode))
    // Namespaces are marked again by the first event that comes after this pass.
    this.#lastNetns = 0
    const plan = planPasses(namespaces, this.#uses, { ...this.#passLimits, tick: this.#tick })
    this.poll()
    let rowCount = 0
    let completeCount = 0
    for (const namespace of plan.complete) {
      const rows = this.#passNamespace(namespace)
      if (rows === undefined) continue
      completeCount += 1
      rowCount += rows
    }
    if (plan.owners) rowCount += this.#passes.owners()
    this.#udp?.tell()
    this.#forgetNamespaces(namespaces)
    return {
      completeCount,
      waitingCount: namespaces.length - plan.complete.length,
      owners: plan.owners,
      rowCount,
      durationMs: performance.now() - begin,
    }
  }

  owners(): number {
    return this.#passes.owners()
  }

  configure(options: { readonly udpBytes: boolean; readonly messageTargets: readonly number[] }): void {
    const counted = this.#lengths.configure(options)
    if (this.#udp !== undefined) this.#udp.bytesKnown = counted
  }

  drops(): readonly DropCount[] {
    return readLosses(this.#programs.map('drops'))
  }

  stages(): readonly StageCount[] {
    let lost = 0
    for (const { stage, count } of this.drops()) if (stage === 'kernel.ring') lost += count
    return [{ stage: 'kernel.ring', seen: this.#delivered + lost, kept: this.#delivered }]
  }

  report(): KernelReport {
    const maps = this.#programs.maps.map((map: BpfMap) => ({
      name: map.name,
      type: map.type,
      entries: map.name === 'udp_peers' ? (this.#udp?.count ?? 0) : 0,
      maxEntries: map.maxEntries,
    }))
    return { programs: this.#programs.report(), maps, failures: this.#failures }
  }

  [Symbol.dispose](): void {
    this.#stack.dispose()
  }

  #attachUdp(
    sink: RecordSink,
    options: KernelSourceOptions,
    monotonicNs: () => bigint,
  ): UdpPeers | undefined {
    try {
      const root = options.cgroupRoot ?? cgroupRoot()
      if (root === undefined) throw new EbpfError('not-found', 'no cgroup v2 hierarchy is mounted')
      const group = this.#programs.load('udp', {
        prepare(spec) {
          const peers = spec.maps.get('udp_peers')
          if (peers !== undefined) peers.maxEntries = options.udpPeersMax ?? peers.maxEntries
        },
      })
      try {
        for (const name of CGROUP_PROGRAMS) group.attachCgroup(name, root)
      } catch (error) {
        group[Symbol.dispose]()
        throw error
      }
      return new UdpPeers(this.#programs.map('udp_peers'), sink, { monotonicNs })
    } catch (error) {
      this.#fail('udp', error)
      return undefined
    }
  }

  /**
   * Loads programs of an object, together where the kernel takes them all, else one by one: a kernel may lack a
   * tracepoint. What it refuses is noted.
   *
   * @returns functions that attach one program each
   */
  #load(
    object: ObjectName,
    names: readonly string[],
    prepare?: (spec: CollectionSpec) => void,
  ): ReadonlyArray<() => void> {
    try {
      const group = this.#programs.load(object, { programs: names, prepare })
      return names.map((name) => () => this.#attempt(name, () => void group.attach(name)))
    } catch (error) {
      if (names.length > 1) return names.flatMap((name) => this.#load(object, [name], prepare))
      this.#fail(names[0] ?? object, error)
      return []
    }
  }

  /** Without state changes there is no source. @throws {EbpfError} what the kernel said to their program */
  #requireStates(): void {
    const states = this.#failures.find(({ program }) => program === 'tcp_state')
    if (states !== undefined) throw states.error
  }

  #attempt(program: string, action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#fail(program, error)
    }
  }

  #fail(program: string, error: unknown): void {
    if (!(error instanceof EbpfError)) throw error
    this.#failures.push({ program, error })
  }

  #backFill(namespaces: readonly NetNamespace[]): void {
    for (const namespace of namespaces) this.#passNamespace(namespace)
    this.#passes.owners()
    this.#udp?.tell()
  }

  /** Undefined when the namespace is gone meanwhile. */
  #passNamespace(namespace: NetNamespace): number | undefined {
    try {
      const { rows, walkedOver } = this.#passes.namespace(namespace)
      this.#uses.set(namespace.inode, {
        socketCount: rows,
        walkedOver,
        passedAt: this.#tick,
        touched: false,
      })
      return rows
    } catch (error) {
      if (error instanceof EbpfError && error.code === 'not-found') return undefined
      throw error
    }
  }

  #forgetNamespaces(namespaces: readonly NetNamespace[]): void {
    if (this.#uses.size <= namespaces.length) return
    const known = new Set(namespaces.map(({ inode }) => inode))
    for (const inode of this.#uses.keys()) if (!known.has(inode)) this.#uses.delete(inode)
  }

  #drain(recordsMax?: number): number {
    const order = this.#order
    if (order === undefined) return this.#reader.drain(this.#onRecord, recordsMax)
    const until = Number(this.#monotonicNs())
    const count = this.#reader.drain(order.add)
    order.deliver(until, this.#onRecord)
    return count
  }

  #deliver(words: Uint32Array, at: number, byteLength: number): void {
    this.#delivered += 1
    const kind = words[at + SockWord.head]! & 0xff
    const netns = words[at + SockWord.netns]!
    if (kind >= RecordKind.exec) {
      this.#sink.process(words, at, byteLength)
      return
    }
    if (netns !== this.#lastNetns) this.#touch(netns)
    if (kind === RecordKind.udpClose && this.#udp !== undefined) this.#udp.close(words, at)
    else this.#sink.socket(words, at)
  }

  #touch(netns: number): void {
    this.#lastNetns = netns
    const use = this.#uses.get(netns)
    if (use !== undefined && !use.touched) this.#uses.set(netns, { ...use, touched: true })
  }
}

function sizeTransits(spec: CollectionSpec, places: number | undefined): void {
  const map = spec.maps.get('transits')
  if (map === undefined || places === undefined) return
  map.maxEntries = places
  spec.variables.get('transit_places')?.set(places)
}

/** The only value of an array map that counts. */
function readCount(map: BpfMap): number {
  const value = map.lookup(new Uint8Array(4))
  return value === undefined ? 0 : Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true))
}
