import type { RuntimeLayout } from '@quadrant/golang'
import type { GcDiscardReason, GcDiscards } from './gc-discards.ts'
import { type Collection, type OpenCollection, beginCollection, endCollection } from './collection.ts'
import { type GcEvent, GcKind } from './gc-record.ts'

/** One time that the world stood still, outside of collections. Times are of the kernel's clock, ns. */
export interface WorldPause {
  readonly startTs: number
  readonly durationNs: number
  readonly reason: string
}

export interface TimelineSink {
  collection(collection: Collection): void
  pause(pause: WorldPause): void
}

/** `stopReasons` is undefined before Go 1.21: stops have no reasons, and are told apart by what happens during them. */
export type TimelineLayout = Pick<RuntimeLayout, 'minor' | 'stopReasons'>

/** `stopTheWorldWithSema`'s reasons for the two stops of a cycle, as every version since 1.21 calls them. */
const SWEEP_TERMINATION = 'GC sweep termination'
const MARK_TERMINATION = 'GC mark termination'

interface OpenStop {
  readonly startTs: number
  /** Empty where the version has none. */
  readonly reason: string
  /** What the collector did while the world stood still. */
  work: 'none' | 'begin' | 'mark-termination'
  beginning: OpenCollection | undefined
  markTermination: GcEvent | undefined
  isStarting: boolean
}

/**
 * Turns one process's records into pauses and cycles. The runtime passes the probes in an order without exceptions:
 *
 *     ( stop [ begin | mark termination ] start started )*
 *
 * and each record has its number. Whatever does not fit that is given up and counted, so that what is told is right.
 */
export class GcTimeline {
  readonly #layout: TimelineLayout
  readonly #sink: TimelineSink
  readonly #discards: GcDiscards
  #nextSequence: number | undefined
  #lastTs = -Infinity
  #stop: OpenStop | undefined
  #cycle: OpenCollection | undefined
  /** Whether the end of a cycle is to come that was given up, and counted, already. */
  #isCycleLost = false
  /** Whether all since some stop was seen. */
  #isInStep = false

  constructor(layout: TimelineLayout, sink: TimelineSink, discards: GcDiscards) {
    this.#layout = layout
    this.#sink = sink
    this.#discards = discards
  }

  /** The next record of the process. */
  accept(event: GcEvent): void {
    if (this.#nextSequence !== undefined && event.sequence !== this.#nextSequence) this.#giveUp('gap')
    else if (event.ts < this.#lastTs) this.#giveUp('clock')
    this.#nextSequence = (event.sequence + 1) >>> 0
    this.#lastTs = event.ts
    switch (event.kind) {
      case GcKind.stop:
        return this.#onStop(event)
      case GcKind.begin:
        return this.#onBegin(event)
      case GcKind.markTermination:
        return this.#onMarkTermination(event)
      case GcKind.start:
        return this.#onStart(event)
      case GcKind.started:
        return this.#onStarted(event)
    }
  }

  #onStop({ ts, argument }: GcEvent): void {
    if (this.#stop !== undefined) this.#giveUp('order')
    this.#isInStep = true
    this.#stop = {
      startTs: ts,
      reason: this.#layout.stopReasons?.[argument] ?? '',
      work: 'none',
      beginning: undefined,
      markTermination: undefined,
      isStarting: false,
    }
  }

  #onBegin(event: GcEvent): void {
    const stop = this.#stopAtWork()
    if (stop === undefined) return
    stop.work = 'begin'
    stop.beginning = beginCollection(stop.startTs, event)
  }

  #onMarkTermination(event: GcEvent): void {
    const stop = this.#stopAtWork()
    if (stop === undefined) return
    stop.work = 'mark-termination'
    stop.markTermination = event
  }

  /** The stop in which the collector does something, which it does once. */
  #stopAtWork(): OpenStop | undefined {
    const stop = this.#stop
    if (stop !== undefined && stop.work === 'none' && !stop.isStarting) return stop
    this.#lose()
    return undefined
  }

  #onStart(event: GcEvent): void {
    const stop = this.#stop
    if (stop === undefined || stop.isStarting) return this.#lose()
    stop.isStarting = true
    if (!this.#isPlausible(stop)) return this.#giveUp('reason')
    if (stop.work !== 'mark-termination') return
    // The runtime reads its clock before it starts the world: the pause as it tells it ends here.
    const cycle = this.#cycle
    this.#cycle = undefined
    if (cycle !== undefined) this.#sink.collection(endCollection(cycle, stop, event, this.#layout.minor))
    else if (!this.#isCycleLost) this.#discards.add('no-beginning')
    this.#isCycleLost = false
  }

  #onStarted({ ts }: GcEvent): void {
    const stop = this.#stop
    if (stop === undefined || !stop.isStarting) return this.#lose()
    this.#stop = undefined
    const durationNs = ts - stop.startTs
    if (stop.work === 'none') this.#sink.pause({ startTs: stop.startTs, durationNs, reason: stop.reason })
    if (stop.beginning === undefined) return
    if (this.#cycle !== undefined) this.#discards.add('unfinished')
    this.#isCycleLost = false
    this.#cycle = { ...stop.beginning, sweepTerminationNs: durationNs }
  }

  /** Mark termination may find that marking must go on: then the stop is one like others, with that reason. */
  #isPlausible({ work, reason }: OpenStop): boolean {
    if (this.#layout.stopReasons === undefined) return true
    if (work === 'begin') return reason === SWEEP_TERMINATION
    if (work === 'mark-termination') return reason === MARK_TERMINATION
    return reason !== SWEEP_TERMINATION
  }

  /** A record that cannot come now. Before all is in step it is what is left of a stop that began unseen. */
  #lose(): void {
    if (this.#isInStep) this.#giveUp('order')
  }

  #giveUp(reason: GcDiscardReason): void {
    const open = Number(this.#stop !== undefined) + Number(this.#cycle !== undefined)
    this.#discards.add(reason, Math.max(1, open))
    this.#isCycleLost ||= this.#cycle !== undefined
    this.#stop = undefined
    this.#cycle = undefined
    this.#isInStep = false
  }
}
