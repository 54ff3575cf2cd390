import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { SamplerLink } from '@quadrant/ebpf'
import type { HostClock } from '../discover/host-clock.ts'
import { type ProgramReport, reportProgram } from '../kernel/programs.ts'
import type { ImageId } from './process-image.ts'
import type { TurnMessage } from './profile-message.ts'
import { PROFILE_HZ_MAX, turnNs, windowNs } from './profile-rate.ts'
import { StackCounts } from './stack-counts.ts'

/** A tick comes when it comes: a turn or a window ends with the one that is nearest to its length. */
const TICK_SLACK_NS = 0.25e9
/** After a change of maps the programs that run are long over: they take microseconds. */
const SETTLE_NS = 50e6

export interface SamplingOptions {
  readonly clock: HostClock
  /** Places in each of the two maps of stacks. Default as many as there can be samples in two seconds. */
  readonly stackPlaces: number | undefined
  /** Called with what was counted in a turn, and how many samples it holds. */
  readonly onTurn: (turn: TurnMessage, samples: number) => void
}

/** Samples of the turns that were read; cumulative. */
export interface SampleCounts {
  /** As the kernel program counted them. */
  readonly seen: number
  /** That the maps held. */
  readonly taken: number
  /** Without a place in a map. */
  readonly full: number
  /** That came to a map after it had been read. */
  readonly late: number
}

/** A map that is no longer written, and what will be told of it. */
interface EndedTurn {
  readonly map: 0 | 1
  readonly startNs: number
  readonly endNs: number
  readonly isLast: boolean
  readonly readableAtNs: number
}

/** Has the kernel sample at a rate, and reads what it counted turn by turn. A window is some turns. */
export class Sampling implements Disposable {
  readonly #clock: HostClock
  readonly #counts: StackCounts
  readonly #onTurn: (turn: TurnMessage, samples: number) => void
  #frequencyHz = 0
  #sampler: SamplerLink | undefined
  #online = ''
  #turnStartNs = 0
  #windowStartNs = 0
  #ended: EndedTurn | undefined
  /** By map, as they were when it was read. */
  readonly #read = [
    { seen: 0, full: 0 },
    { seen: 0, full: 0 },
  ]
  #taken = 0
  #late = 0

  /** Loads the kernel program. @throws {EbpfError} */
  constructor({ clock, stackPlaces, onTurn }: SamplingOptions) {
    this.#clock = clock
    this.#onTurn = onTurn
    this.#counts = new StackCounts({
      cpuCount: cpus().length,
      frequencyMaxHz: PROFILE_HZ_MAX,
      places: stackPlaces,
    })
  }

  /** 0 while nothing is sampled. */
  get frequencyHz(): number {
    return this.#frequencyHz
  }

  get counts(): SampleCounts {
    const [even, odd] = this.#read
    return {
      seen: even!.seen + odd!.seen,
      full: even!.full + odd!.full,
      taken: this.#taken,
      late: this.#late,
    }
  }

  /** @throws {EbpfError} */
  start(frequencyHz: number): void {
    if (frequencyHz === 0) return
    this.#online = onlineCpuList()
    this.#turnStartNs = this.#clock.epochNs()
    this.#windowStartNs = this.#turnStartNs
    this.#sampler = this.#counts.collection.program('profile_stacks').attachSampler({ frequencyHz })
    this.#frequencyHz = frequencyHz
  }

  /** Ends the window. No program runs any more when this is over, so both maps can be read. */
  stop(): void {
    if (this.#sampler === undefined) return
    this.#sampler[Symbol.dispose]()
    this.#sampler = undefined
    this.#readEnded()
    this.#endTurn(this.#clock.epochNs(), true)
    this.#readEnded()
    this.#frequencyHz = 0
    // Counted by now, and in neither map: while its program was held up for longer than it takes to settle, it was added
    // to a stack that had been taken away.
    for (const map of [0, 1] as const) this.#read[map] = this.#counts.countedIn(map)
    const { seen, full, taken } = this.counts
    this.#late = seen - full - taken
  }

  /** Programs that were sampled for the first time since the last call. */
  takeImages(): ImageId[] {
    return this.#counts.takeImages()
  }

  /** Reads the turn that ended, when no program can be at it any more. */
  poll(): void {
    if (this.#ended !== undefined && this.#clock.monotonicNs() >= this.#ended.readableAtNs) this.#readEnded()
  }

  /** Ends a turn that is long enough. @throws {EbpfError} where processors came, and cannot be sampled */
  tick(nowNs: number): void {
    if (this.#sampler === undefined || this.#ended !== undefined) return
    const isLast = nowNs - this.#windowStartNs >= windowNs(this.#frequencyHz) - TICK_SLACK_NS
    const isOver = nowNs - this.#turnStartNs >= turnNs(this.#frequencyHz) - TICK_SLACK_NS
    if (isLast || isOver) this.#endTurn(nowNs, isLast)
    if (isLast && this.#online !== onlineCpuList()) this.#attachAgain()
  }

  programs(): readonly ProgramReport[] {
    return [...this.#counts.collection.programs.values()].map(reportProgram)
  }

  [Symbol.dispose](): void {
    this.#sampler?.[Symbol.dispose]()
    this.#sampler = undefined
    this.#counts[Symbol.dispose]()
  }

  #endTurn(nowNs: number, isLast: boolean): void {
    this.#ended = {
      map: this.#counts.turn(),
      startNs: this.#turnStartNs,
      endNs: nowNs,
      isLast,
      readableAtNs: this.#clock.monotonicNs() + SETTLE_NS,
    }
    this.#turnStartNs = nowNs
    if (isLast) this.#windowStartNs = nowNs
  }

  /** Processors came or went. */
  #attachAgain(): void {
    const frequencyHz = this.#frequencyHz
    this.stop()
    this.start(frequencyHz)
  }

  #readEnded(): void {
    const turn = this.#ended
    if (turn === undefined) return
    this.#ended = undefined
    const { map, startNs, endNs, isLast } = turn
    const { stacks, samples } = this.#counts.take(map)
    this.#read[map] = this.#counts.countedIn(map)
    this.#taken += samples
    this.#onTurn(
      {
        stacks,
        startNs,
        endNs,
        isLast,
        monotonicEpochNs: this.#clock.epochNs() - this.#clock.monotonicNs(),
        frequencyHz: this.#frequencyHz,
      },
      samples,
    )
  }
}

function onlineCpuList(): string {
  try {
    return readFileSync('/sys/devices/system/cpu/online', 'latin1')
  } catch {
    return ''
  }
}
