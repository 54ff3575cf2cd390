import {
  Collection as BpfCollection,
  EbpfError,
  type MappedMemory,
  type Program,
  type UprobeLink,
} from '@quadrant/ebpf'
import type { RuntimeVariables } from '@quadrant/golang'
import type { HostClock } from '../../discover/host-clock.ts'
import { type ProgramReport, reportProgram } from '../../kernel/programs.ts'
import { readObject } from '../../kernel/objects.ts'
import { read64 } from '../../kernel/word.ts'
import type { GcSink, GcSource } from '../gc-source.ts'
import type { GoTarget } from '../go-target.ts'
import { ProbedFile } from '../probed-file.ts'
import { ProbeCost } from '../probe-cost.ts'
import type { ProcessProbes } from '../process-probes.ts'
import { ProcessSlots, type SlotId } from '../process-slots.ts'
import { AttachedProbes } from './attached-probes.ts'
import { cookieOf } from './gc-cookie.ts'
import { GcDiscards } from './gc-discards.ts'
import { gcPlan, type GcPlanField } from './gc-field.ts'
import { toGcCycle, toWorldStop } from './gc-message.ts'
import { type GcPlaces, gcPlaces } from './gc-places.ts'
import { type FeedSink, type GcFeed, PolledFeed, ThreadFeed, type ThreadFeedOptions } from './gc-feed.ts'
import type { GcEvent } from './gc-record.ts'
import { takeGcSlot } from './gc-slots.ts'
import { GcTimeline } from './gc-timeline.ts'
import { variablesOf } from './gc-variables.ts'
import { LatencyWindow } from './latency-window.ts'
import { LinkCloser } from './link-closer.ts'
import type { TrapCosts } from './trap-cost.ts'

export interface GcSourceOptions {
  readonly sink: GcSink
  readonly clock: HostClock
  /** Bytes of the ring buffer, a power of two. Default 1 MiB: 1,700 cycles. */
  readonly ringBytes?: number
  /** Processes that are probed at a time. Default and most: 1,024. */
  readonly processesMax?: number
  /**
   * Read in a thread of its own, which the kernel wakes for each cycle and each stop: it has the record after some 20 µs,
   * and the sink soon after, between two of its thread's turns. Costs the probed process 1.4 µs for each wake-up.
   * Default: read when polled.
   */
  readonly thread?: ThreadFeedOptions
  /** What a hit costs here. Default: measured while this begins to work, and 0 for the second until it is known. */
  readonly trapCosts?: TrapCosts
  /**
   * Where a program's runtime has its variables; with an empty answer cycles have no number. Default: they are looked
   * for, once for each binary, which takes a tenth of a second where it has no symbols.
   */
  readonly variablesOf?: (target: GoTarget) => RuntimeVariables
  /** Where its collections are seen. Default: it is looked up, once for each binary, in up to 40 ms. */
  readonly placesOf?: (target: GoTarget) => GcPlaces
}

/** Loads the program. @throws {EbpfError} what the kernel refused */
export function openGcSource(options: GcSourceOptions): GcSource {
  return new ProbingGcSource(options)
}

interface Probed {
  readonly target: GoTarget
  readonly id: SlotId
  readonly timeline: GcTimeline
}

class ProbingGcSource implements GcSource, FeedSink {
  readonly #sink: GcSink
  readonly #clock: HostClock
  readonly #variablesOf: (target: GoTarget) => RuntimeVariables
  readonly #placesOf: (target: GoTarget) => GcPlaces
  readonly #owned = new DisposableStack()
  readonly #program: Program
  readonly #feed: GcFeed
  readonly #slots: ProcessSlots
  readonly #lost: MappedMemory
  readonly #cost: ProbeCost
  readonly #closer = new LinkCloser()
  readonly #discards = new GcDiscards()
  readonly #latency = new LatencyWindow()
  /** By slot. */
  readonly #probed = new Map<number, Probed>()
  readonly #probes = new Set<AttachedProbes>()
  /** From the kernel's clock to that of the Unix epoch, as of the last poll. */
  #epochNs: number

  constructor(options: GcSourceOptions) {
    this.#variablesOf = options.variablesOf ?? variablesOf
    this.#placesOf = options.placesOf ?? gcPlaces
    this.#sink = options.sink
    this.#clock = options.clock
    this.#epochNs = this.#offsetNs()
    const spec = readObject('go-gc', 'ring')
    const ring = spec.maps.get('gc_events')!
    const processes = spec.maps.get('gc_processes')!
    ring.maxEntries = options.ringBytes ?? ring.maxEntries
    spec.variables.get('wake_reader')?.set(options.thread !== undefined)
    processes.maxEntries = Math.min(options.processesMax ?? processes.maxEntries, processes.maxEntries)
    using undo = new DisposableStack()
    const collection = undo.use(BpfCollection.load(spec))
    this.#program = collection.program('go_gc')
    this.#slots = undo.use(new ProcessSlots(collection.map('gc_processes')))
    this.#lost = undo.use(collection.map('gc_lost').mmap())
    this.#cost = undo.use(new ProbeCost(this.#program, this.#slots, options.trapCosts))
    const events = collection.map('gc_events')
    this.#feed = options.thread
      ? new ThreadFeed(events, this, options.thread)
      : new PolledFeed(events, this, () => this.#clock.monotonicNs())
    this.#owned.use(undo.move())
  }

  probe(target: GoTarget): ProcessProbes {
    const { places, plan } = this.#look(target)
    using file = new ProbedFile(target.path)
    file.check(places.code)
    const id = takeGcSlot(this.#slots, places.places, plan)
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
    const probes = new AttachedProbes(target, link.siteCount, {
      counts: () => this.#cost.of(id),
      detach: () => {
        this.#probes.delete(probes)
        this.#forget(id)
        this.#closer.close(link, () => this.#slots.release(id))
      },
    })
    this.#probes.add(probes)
    return probes
  }

  /** What is to be known of the program. A file that cannot be read any further is one that cannot be observed. */
  #look(target: GoTarget): { readonly places: GcPlaces; readonly plan: readonly GcPlanField[] } {
    try {
      return {
        places: this.#placesOf(target),
        plan: gcPlan(target.layout, this.#variablesOf(target)),
      }
    } catch (error) {
      throw EbpfError.from(error, 'unsupported')
    }
  }

  poll(): number {
    this.#epochNs = this.#offsetNs()
    if (this.#probes.size > 0) this.#cost.tick(this.#clock.monotonicNs())
    return this.#feed.poll()
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

  programs(): readonly ProgramReport[] {
    return [reportProgram(this.#program)]
  }

  [Symbol.dispose](): void {
    for (const probes of this.#probes) probes[Symbol.dispose]()
    this.#closer.flush()
    const ended = this.#feed.end()
    // A thread that has yet to end looks at the ring until then.
    if (ended === undefined) this.#owned.dispose()
    else void ended.then(() => this.#owned.dispose())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const probes of this.#probes) probes[Symbol.dispose]()
    await this.#closer.flushAsync()
    await this.#feed.end()
    this.#owned.dispose()
  }

  unreadable(): void {
    this.#discards.add('unreadable')
  }

  event(event: GcEvent, delayUs: number | undefined): void {
    if (delayUs !== undefined) this.#latency.add(delayUs)
    const probed = this.#probed.get(event.slot)
    if (probed?.id.generation === event.generation) probed.timeline.accept(event)
    else this.#discards.add('detached')
  }

  #offsetNs(): number {
    return this.#clock.epochNs() - this.#clock.monotonicNs()
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

  /** Nothing of the process is told from now on. */
  #forget(id: SlotId): void {
    this.#slots.mute(id)
    this.#probed.delete(id.slot)
  }
}
