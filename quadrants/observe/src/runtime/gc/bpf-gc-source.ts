import {
  Collection as BpfCollection,
  EbpfError,
  type MappedMemory,
  openRingBuffer,
  type Program,
  type RecordReader,
  type TrapKind,
  type UprobeLink,
} from '@quadrant/ebpf'
import { findRuntimeVariables, type GoBinary, type RuntimeVariables } from '@quadrant/golang'
import type { HostClock } from '../../discover/host-clock.ts'
import { readObject } from '../../kernel/objects.ts'
import { read64 } from '../../kernel/word.ts'
import type { GcProbeCounts, GcProbes, GcSink, GcSource } from '../gc-source.ts'
import type { GoTarget } from '../go-target.ts'
import { GcDiscards } from './gc-discards.ts'
import { gcPlan } from './gc-field.ts'
import { GcFile } from './gc-file.ts'
import { toGcCycle, toWorldStop } from './gc-message.ts'
import { type GcPlace, gcPlaces } from './gc-places.ts'
import { GcKind, readGcEvent } from './gc-record.ts'
import { GcSlots, type SlotId } from './gc-slots.ts'
import { GcTimeline } from './gc-timeline.ts'
import { LatencyWindow } from './latency-window.ts'
import { LinkCloser } from './link-closer.ts'
import { RunCost } from './run-cost.ts'
import { measureTrapCosts, NO_TRAP_COSTS, type TrapCosts } from './trap-cost.ts'

export interface GcSourceOptions {
  readonly sink: GcSink
  readonly clock: HostClock
  /** Bytes of the ring buffer, a power of two. Default 1 MiB: 1,700 cycles. */
  readonly ringBytes?: number
  /** Processes that are probed at a time. Default and most: 1,024. */
  readonly processesMax?: number
  /** What a hit costs here. Default: measured while this begins to work, and 0 for the second until it is known. */
  readonly trapCosts?: TrapCosts
  /**
   * Where a program's runtime has its variables; with an empty answer cycles have no number. Default: they are looked
   * for, once for each binary, which takes a tenth of a second where it has no symbols.
   */
  readonly variablesOf?: (target: GoTarget) => RuntimeVariables
}

/** A source that can also be disposed of without waiting for the kernel, which takes 30 ms for each process. */
export type BpfGcSource = GcSource & AsyncDisposable

/** Loads the program. @throws {EbpfError} what the kernel refused */
export function openGcSource(options: GcSourceOptions): BpfGcSource {
  return new ProbingGcSource(options)
}

const COOKIE_STEPPED = 1n
const COOKIE_WAKE = 2n

/** A record of this kind ends what its sink is told of: a reader that sleeps is woken. */
const WAKING: ReadonlySet<GcKind> = new Set([GcKind.start, GcKind.started])

interface Probed {
  readonly target: GoTarget
  readonly id: SlotId
  readonly timeline: GcTimeline
}

class ProbingGcSource implements BpfGcSource {
  readonly #sink: GcSink
  readonly #clock: HostClock
  readonly #variablesOf: (target: GoTarget) => RuntimeVariables
  readonly #owned = new DisposableStack()
  readonly #program: Program
  readonly #reader: RecordReader
  readonly #slots: GcSlots
  readonly #lost: MappedMemory
  readonly #runCost: RunCost
  readonly #closer = new LinkCloser()
  readonly #discards = new GcDiscards()
  readonly #latency = new LatencyWindow()
  /** By slot. */
  readonly #probed = new Map<number, Probed>()
  readonly #probes = new Set<Probes>()
  #trapCosts: TrapCosts
  /** The two clocks as of the poll that is going on. */
  #nowNs = 0
  #epochNs = 0

  constructor(options: GcSourceOptions) {
    this.#variablesOf = options.variablesOf ?? variablesOf
    this.#sink = options.sink
    this.#clock = options.clock
    this.#trapCosts = options.trapCosts ?? NO_TRAP_COSTS
    const spec = readObject('go-gc', 'ring')
    const ring = spec.maps.get('gc_events')!
    const processes = spec.maps.get('gc_processes')!
    ring.maxEntries = options.ringBytes ?? ring.maxEntries
    processes.maxEntries = Math.min(options.processesMax ?? processes.maxEntries, processes.maxEntries)
    using undo = new DisposableStack()
    const collection = undo.use(BpfCollection.load(spec))
    this.#program = collection.program('go_gc')
    this.#reader = undo.use(openRingBuffer(collection.map('gc_events')))
    this.#slots = undo.use(new GcSlots(collection.map('gc_processes')))
    this.#lost = undo.use(collection.map('gc_lost').mmap())
    this.#runCost = undo.use(new RunCost(this.#program))
    this.#owned.use(undo.move())
    if (options.trapCosts === undefined) void this.#measureTraps()
  }

  async #measureTraps(): Promise<void> {
    this.#trapCosts = await measureTrapCosts()
  }

  probe(target: GoTarget): GcProbes {
    const places = gcPlaces(target)
    using file = new GcFile(target.path)
    file.check(places)
    const plan = gcPlan(target.layout, this.#variablesOf(target))
    const id = this.#slots.take(places.places, plan)
    let link: UprobeLink
    try {
      this.#probed.set(id.slot, { target, id, timeline: this.#timelineOf(target) })
      link = this.#program.attachUprobe({
        path: file.path,
        pid: target.pid,
        sites: places.places.map((place) => ({ offset: place.offset, cookie: cookieOf(place, id) })),
      })
    } catch (error) {
      this.#forget(id)
      this.#slots.release(id)
      throw EbpfError.from(error)
    }
    const probes = new Probes(target, link.siteCount, {
      counts: () => this.#countsOf(id),
      detach: () => {
        this.#probes.delete(probes)
        this.#forget(id)
        this.#closer.close(link, () => this.#slots.release(id))
      },
    })
    this.#probes.add(probes)
    return probes
  }

  poll(): number {
    this.#nowNs = this.#clock.monotonicNs()
    this.#epochNs = this.#clock.epochNs() - this.#nowNs
    if (this.#probes.size > 0) this.#runCost.tick(this.#nowNs)
    return this.#reader.drain(this.#onRecord)
  }

  drops(): ReturnType<GcSource['drops']> {
    const lost = read64(new Uint32Array(this.#lost.bytes.buffer, this.#lost.bytes.byteOffset, 2), 0)
    return [
      { stage: 'kernel.ring', reason: 'full: gc', count: lost },
      ...this.#discards.entries().map(([reason, count]) => ({ stage: 'runtime.gc', reason, count })),
    ]
  }

  latencyUs(): ReturnType<GcSource['latencyUs']> {
    return this.#latency.summary()
  }

  [Symbol.dispose](): void {
    for (const probes of this.#probes) probes[Symbol.dispose]()
    this.#closer.flush()
    this.#owned.dispose()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const probes of this.#probes) probes[Symbol.dispose]()
    await this.#closer.flushAsync()
    this.#owned.dispose()
  }

  readonly #onRecord = (words: Uint32Array, at: number, byteLength: number): void => {
    const event = readGcEvent(words, at, byteLength)
    if (event === undefined) return this.#discards.add('unreadable')
    const probed = this.#probed.get(event.slot)
    if (probed === undefined || probed.id.generation !== event.generation)
      return this.#discards.add('detached')
    probed.timeline.accept(event)
    this.#latency.add((this.#clock.monotonicNs() - event.ts) / 1000)
  }

  #timelineOf(target: GoTarget): GcTimeline {
    return new GcTimeline(
      target.layout,
      {
        collection: (collection) => this.#sink.cycle(target, toGcCycle(collection, this.#epochNs)),
        pause: (pause) => this.#sink.stop(target, toWorldStop(pause, this.#epochNs)),
      },
      this.#discards,
    )
  }

  #countsOf(id: SlotId): GcProbeCounts {
    const { hits, steppedHits } = this.#slots.hits(id)
    const { emulated, stepped } = this.#trapCosts
    return {
      hits,
      trapNs: (hits - steppedHits) * emulated + steppedHits * stepped,
      programNs: hits * this.#runCost.meanNs,
    }
  }

  /** Nothing of the process is told from now on. */
  #forget(id: SlotId): void {
    this.#slots.mute(id)
    this.#probed.delete(id.slot)
  }
}

const variables = new WeakMap<GoBinary, RuntimeVariables>()

function variablesOf({ binary, layout }: GoTarget): RuntimeVariables {
  const found = variables.get(binary) ?? findRuntimeVariables(binary, layout).value
  variables.set(binary, found)
  return found
}

interface Attachment {
  counts(): GcProbeCounts
  detach(): void
}

class Probes implements GcProbes {
  readonly target: GoTarget
  readonly probeCount: number
  readonly #attachment: Attachment
  #last: GcProbeCounts | undefined

  constructor(target: GoTarget, probeCount: number, attachment: Attachment) {
    this.target = target
    this.probeCount = probeCount
    this.#attachment = attachment
  }

  /** After `dispose` what they were by then. */
  counts(): GcProbeCounts {
    return this.#last ?? this.#attachment.counts()
  }

  [Symbol.dispose](): void {
    if (this.#last !== undefined) return
    this.#last = this.#attachment.counts()
    this.#attachment.detach()
  }
}

/** See `enum gc_cookie_flag`. */
function cookieOf({ kind, trap }: GcPlace, { slot, generation }: SlotId): bigint {
  const isStepped: TrapKind = 'stepped'
  const flags = (trap === isStepped ? COOKIE_STEPPED : 0n) | (WAKING.has(kind) ? COOKIE_WAKE : 0n)
  return BigInt(kind) | (flags << 8n) | (BigInt(generation) << 16n) | (BigInt(slot) << 32n)
}
