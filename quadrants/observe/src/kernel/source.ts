import {
  type BpfMap,
  type CollectionSpec,
  EbpfError,
  openPerfBuffer,
  openRingBuffer,
  type RecordReader,
} from '@quadrant/ebpf'
import type { KernelReport, KernelSource, KernelSourceOptions, SampleReport } from './kernel-source.ts'
import { Lengths, type LengthsOptions } from './lengths.ts'
import { type DropCount, readLosses, type StageCount } from './loss.ts'
import { NamespaceUses } from './namespace-uses.ts'
import type { BufferKind } from './objects.ts'
import { OptionalPrograms } from './optional-programs.ts'
import type { NetNamespace } from './pass-plan.ts'
import { Passes } from './passes.ts'
import { Programs } from './programs.ts'
import { RecordKind, SockWord } from './record.ts'
import type { RecordSink } from './record-sink.ts'
import { TimeOrder } from './time-order.ts'
import { Transits } from './transits.ts'
import { attachUdpHooks } from './udp-hooks.ts'
import { UdpPeers } from './udp-peers.ts'

/** Without it there is no source; the others are missed less. */
const STATES = 'tcp_state'
const TCP_PROGRAMS = [STATES, 'tcp_destroy', 'tcp_reset_received', 'tcp_reset_sent'] as const
const PROCESS_PROGRAMS = ['process_fork', 'process_exec', 'process_exit'] as const
/** Each reads the whole socket hash of the machine: 3 to 4 ms. */
const PASSES_MAX = 4
/** Of array maps with one value. */
const ONLY_KEY = new Uint8Array(4)

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
  readonly #optional: OptionalPrograms
  readonly #reader: RecordReader
  readonly #passes: Passes
  readonly #udp: UdpPeers | undefined
  /** Ring buffers only. */
  readonly #transits: Transits | undefined
  readonly #lengths: Lengths
  readonly #uses: NamespaceUses
  readonly #monotonicNs: () => bigint
  /** Perf buffers only. */
  readonly #order: TimeOrder | undefined
  readonly #onRecord: (words: Uint32Array, at: number, byteLength: number) => void
  #delivered = 0
  #polling = false

  constructor(sink: RecordSink, options: KernelSourceOptions, buffer: BufferKind) {
    using cleanup = new DisposableStack()
    cleanup.use(this.#stack)
    this.buffer = buffer
    this.#sink = sink
    this.#uses = new NamespaceUses({
      most: options.passesMax ?? PASSES_MAX,
      crowd: options.crowd,
      completeTicks: options.completeTicks,
    })
    this.#onRecord = (words, at, byteLength) => this.#deliver(words, at, byteLength)
    const monotonicNs = options.monotonicNs ?? (() => process.hrtime.bigint())
    this.#monotonicNs = monotonicNs
    this.#order = buffer === 'perf' ? new TimeOrder() : undefined
    const programs = this.#stack.use(new Programs(buffer))
    this.#programs = programs
    this.#optional = new OptionalPrograms(programs)

    const tcp = this.#optional.load('tcp', TCP_PROGRAMS, (spec) => {
      const records = spec.maps.get('records')
      if (buffer === 'ring' && records !== undefined)
        records.maxEntries = options.ringBytes ?? records.maxEntries
      sizeTransits(spec, options.transitPlaces)
    })
    // Before a map of theirs is asked for: what refused the programs is what people need to know.
    this.#optional.require(STATES)
    const open = buffer === 'ring' ? openRingBuffer : openPerfBuffer
    this.#reader = this.#stack.use(open(programs.map('records')))
    this.#transits = buffer === 'ring' ? this.#stack.use(new Transits(programs.map('transits'))) : undefined
    this.#udp = this.#attachUdp(options, monotonicNs)
    this.#lengths = this.#stack.use(
      new Lengths(programs, this.#udp && programs.map('udp_settings'), options.callProbe),
    )
    // Processes before sockets: whoever opens one has been told.
    for (const attach of this.#optional.load('processes', PROCESS_PROGRAMS)) attach()
    for (const attach of tcp) attach()
    this.#optional.require(STATES)
    const passes = programs.load('passes', {
      prepare: (spec) => sizeTransits(spec, options.transitPlaces),
    })
    this.#passes = this.#stack.use(
      new Passes(sink, {
        attach: (name) => passes.attachIterator(name),
        monotonicNs,
        beforeEnd: () => void this.poll(),
        walkedOver: () => readCount(programs.map('walked_over')),
        setNewsSince: (ns) =>
          programs.map('news_since').update(ONLY_KEY, new Uint8Array(BigUint64Array.of(ns).buffer)),
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
    this.#uses.nextTick()
    this.#transits?.forEachNamespace((inode) => this.#uses.touch(inode))
    const plan = this.#uses.plan(namespaces)
    this.poll()
    let rowCount = 0
    let passCount = 0
    for (const namespace of plan.complete) {
      const rows = this.#passNamespace(namespace)
      if (rows === undefined) continue
      passCount += 1
      rowCount += rows
    }
    if (plan.owners) rowCount += this.#passes.owners()
    this.#udp?.tell()
    this.#uses.retain(namespaces)
    return {
      passCount,
      waitingCount: namespaces.length - plan.complete.length,
      owners: plan.owners,
      rowCount,
      durationMs: performance.now() - begin,
    }
  }

  owners(): number {
    return this.#passes.owners()
  }

  configure(options: LengthsOptions): void {
    const counted = this.#lengths.configure(options)
    if (this.#udp !== undefined) this.#udp.bytesKnown = counted
  }

  addMessageTarget(pid: number): void {
    this.#lengths.addTarget(pid)
  }

  refuseMessageTarget(pid: number, untilNs: number): void {
    this.#lengths.refuseTarget(pid, untilNs)
  }

  drops(): readonly DropCount[] {
    return [...readLosses(this.#programs.map('drops')), ...this.#lengths.drops()]
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
    return { programs: this.#programs.report(), maps, failures: this.#optional.failures }
  }

  [Symbol.dispose](): void {
    this.#stack.dispose()
  }

  #attachUdp(options: KernelSourceOptions, monotonicNs: () => bigint): UdpPeers | undefined {
    return this.#optional.attempt('udp', () => {
      attachUdpHooks(this.#programs, options)
      return new UdpPeers(this.#programs.map('udp_peers'), this.#sink, { monotonicNs })
    })
  }

  #backFill(namespaces: readonly NetNamespace[]): void {
    for (const namespace of namespaces) this.#passNamespace(namespace)
    this.#passes.owners()
    this.#udp?.tell()
  }

  /** Undefined when the namespace is gone meanwhile. */
  #passNamespace(namespace: NetNamespace): number | undefined {
    try {
      const sinceNs = this.#uses.newsSince(namespace.inode)
      const count = this.#passes.namespace(namespace, sinceNs)
      this.#uses.passed(namespace.inode, count, sinceNs)
      return count.rows
    } catch (error) {
      if (error instanceof EbpfError && error.code === 'not-found') return undefined
      throw error
    }
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
    if (kind >= RecordKind.exec) {
      this.#sink.process(words, at, byteLength)
      return
    }
    this.#uses.touch(words[at + SockWord.netns]!)
    if (kind === RecordKind.udpClose && this.#udp !== undefined) this.#udp.close(words, at)
    else this.#sink.socket(words, at)
  }
}

function sizeTransits(spec: CollectionSpec, places: number | undefined): void {
  const map = spec.maps.get('transits')
  if (map === undefined || places === undefined) return
  // No map is empty; with 0 the programs look past its end and find nothing.
  map.maxEntries = Math.max(places, 1)
  spec.variables.get('transit_places')?.set(places)
}

/** The only value of an array map that counts. */
function readCount(map: BpfMap): number {
  const value = map.lookup(ONLY_KEY)
  return value === undefined ? 0 : Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true))
}
