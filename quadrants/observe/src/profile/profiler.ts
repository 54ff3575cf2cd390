import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { SamplerLink } from '@quadrant/ebpf'
import type { ProfileWindow } from '@quadrant/proto'
import { type HostClock, systemClock } from '../discover/host-clock.ts'
import type { DropCount, StageCount } from '../kernel/loss.ts'
import type { ProgramReport } from '../kernel/programs.ts'
import type { TurnResult } from './profile-message.ts'
import { type ProcessIndex, toProfileWindow } from './profile-window.ts'
import { StackCounts } from './stack-counts.ts'
import { SymbolWorker } from './symbol-worker.ts'
import type { WindowData } from './window-data.ts'

/** Samples a second of each busy processor while nobody asks for more. */
export const PROFILE_HZ = 19
/** The most that can be asked for. Neither rate keeps step with what programs do a round number of times a second. */
export const PROFILE_HZ_MAX = 99

/**
 * Length of windows: while nobody looks, and on demand, that is above {@link PROFILE_HZ}. Names are told once a window: at
 * one second they would be most of what it costs.
 */
const WINDOW_NS = { always: 10e9, demand: 2e9 } as const
/** A tick comes when it comes: a window ends with the one that is nearest to its length. */
const TICK_SLACK_NS = 0.25e9
/** Turns are not shorter. */
const TURN_NS_MIN = 0.25e9
/** After a change of maps the programs that run are long over: they take microseconds. */
const SETTLE_NS = 50e6
/** Windows that nobody took. */
const WINDOWS_MAX = 32

export interface ProfilerOptions {
  /** Samples a second of each busy processor, 0 for none, at most 99. Default 19. */
  readonly frequencyHz?: number
  /** About how many bytes of symbols of programs are held. Default 64 MiB. */
  readonly symbolBytesMax?: number
  /** Executables and libraries whose symbols are held. Default 256. */
  readonly symbolFilesMax?: number
  /** Places in each of the two maps of stacks. Default as many as there can be samples in two seconds. */
  readonly stackPlaces?: number
  /** Default that of this machine. */
  readonly clock?: HostClock
  /** Where /proc is mounted. Default `/proc`. */
  readonly procRoot?: string
}

/** Figures for RuntimeReport, of the last window. */
export interface ProfilerReport {
  readonly samples: number
  /** Of these, the ones whose user stack ends before its outermost frame. */
  readonly broken: number
  /** Of these, the ones whose process had ended before anything was read of it. */
  readonly unknown: number
  /** 0 while nothing is sampled. */
  readonly frequencyHz: number
  readonly symbolFiles: number
  readonly symbolBytes: number
  readonly programs: readonly ProgramReport[]
}

/**
 * CPU profiles of all processes. Call `poll` every 50 to 250 ms and `take` every second; what is behind them, reading
 * files included, is done in a thread of its own.
 */
export interface Profiler extends Disposable {
  /** Changes the rate while running: 0 stops sampling. Ends the window, so that each has one rate. @throws {EbpfError} */
  configure(settings: { readonly frequencyHz: number }): void
  /** Has the mappings of new processes read, before they end. */
  poll(): void
  /**
   * The windows that are complete: of ten seconds, of two above 19 Hz; told one to two seconds after their end.
   *
   * @param nowNs Unix time
   */
  take(nowNs: number, processIndex: ProcessIndex): ProfileWindow[]
  /** Samples that are lost, by stage and reason; cumulative. */
  drops(): readonly DropCount[]
  /** Samples that are told or lost; cumulative. */
  stages(): readonly StageCount[]
  report(): ProfilerReport
}

/** Loads the kernel program and begins to sample. @throws {EbpfError} what the kernel refused */
export function openProfiler(options: ProfilerOptions = {}): Profiler {
  return new BpfProfiler(options)
}

/** A map that is no longer written, and what will be told of it. */
interface EndedTurn {
  readonly map: 0 | 1
  readonly startNs: number
  readonly endNs: number
  readonly isLast: boolean
  readonly readableAtNs: number
}

class BpfProfiler implements Profiler {
  readonly #clock: HostClock
  readonly #counts: StackCounts
  readonly #worker: SymbolWorker
  readonly #windowDrops = new Map<string, number>()
  #windows: WindowData[] = []
  #frequencyHz = 0
  #sampler: SamplerLink | undefined
  #online = ''
  #turnStartNs = 0
  #windowStartNs = 0
  #ended: EndedTurn | undefined
  #taken = 0
  #late = 0
  #told = 0
  #current = { samples: 0, broken: 0, unknown: 0 }
  #last = { samples: 0, broken: 0, unknown: 0, symbolFiles: 0, symbolBytes: 0 }

  constructor(options: ProfilerOptions) {
    this.#clock = options.clock ?? systemClock
    using undo = new DisposableStack()
    this.#counts = undo.use(
      new StackCounts({
        cpuCount: cpus().length,
        frequencyMaxHz: PROFILE_HZ_MAX,
        places: options.stackPlaces,
      }),
    )
    const symbols = {
      procRoot: options.procRoot,
      bytesMax: options.symbolBytesMax,
      filesMax: options.symbolFilesMax,
    }
    this.#worker = undo.use(new SymbolWorker(symbols, (result) => this.#onResult(result)))
    this.configure({ frequencyHz: options.frequencyHz ?? PROFILE_HZ })
    undo.move()
  }

  configure({ frequencyHz }: { readonly frequencyHz: number }): void {
    const wanted = Math.min(Math.max(Math.round(frequencyHz), 0), PROFILE_HZ_MAX)
    if (wanted === this.#frequencyHz) return
    this.#stop()
    this.#start(wanted)
  }

  poll(): void {
    const images = this.#counts.takeImages()
    if (images.length > 0) this.#worker.meet(images)
    if (this.#ended !== undefined && this.#clock.monotonicNs() >= this.#ended.readableAtNs) this.#readEnded()
  }

  take(nowNs: number, processIndex: ProcessIndex): ProfileWindow[] {
    this.poll()
    const isDue = this.#sampler !== undefined && nowNs - this.#turnStartNs >= TURN_NS_MIN
    if (isDue && this.#ended === undefined) this.#endTurn(nowNs)
    const windows = this.#windows.map((data) => {
      const { window, samples, dropped } = toProfileWindow(data, processIndex)
      this.#told += samples
      this.#drop('process limit', dropped)
      return window
    })
    this.#windows = []
    return windows
  }

  drops(): readonly DropCount[] {
    const { full } = this.#counts.totals()
    const { busy, ended } = this.#worker.drops
    return [
      { stage: 'profile.kernel', reason: 'map full', count: full },
      { stage: 'profile.kernel', reason: 'read late', count: this.#late },
      { stage: 'profile.symbols', reason: 'busy', count: busy },
      { stage: 'profile.symbols', reason: 'thread ended', count: ended },
      ...[...this.#windowDrops].map(([reason, count]) => ({ stage: 'profile.window', reason, count })),
    ]
  }

  stages(): readonly StageCount[] {
    const lost = this.drops().reduce((sum, { count }) => sum + count, 0)
    return [{ stage: 'profile.samples', seen: this.#told + lost, kept: this.#told }]
  }

  report(): ProfilerReport {
    const programs = [...this.#counts.collection.programs.values()].map((program) => {
      const { runs, runNs, missed } = program.stats()
      return { id: program.id, name: program.name, attach: program.section ?? '', runs, runNs, missed }
    })
    return { ...this.#last, frequencyHz: this.#frequencyHz, programs }
  }

  [Symbol.dispose](): void {
    this.#sampler?.[Symbol.dispose]()
    this.#sampler = undefined
    this.#worker[Symbol.dispose]()
    this.#counts[Symbol.dispose]()
  }

  #start(frequencyHz: number): void {
    if (frequencyHz === 0) return
    this.#online = onlineCpuList()
    this.#turnStartNs = this.#clock.epochNs()
    this.#windowStartNs = this.#turnStartNs
    this.#sampler = this.#counts.collection.program('sample').attachSampler({ frequencyHz })
    this.#frequencyHz = frequencyHz
  }

  /** Ends the window. No program runs any more when this is over, so both maps can be read. */
  #stop(): void {
    if (this.#sampler === undefined) return
    this.#sampler[Symbol.dispose]()
    this.#sampler = undefined
    this.#readEnded()
    this.#endTurn(this.#clock.epochNs(), true)
    this.#readEnded()
    this.#frequencyHz = 0
    // What is in neither map by now was added to a stack that had been taken away: while a program was held up for longer
    // than it takes to settle.
    const { seen, full } = this.#counts.totals()
    this.#late = seen - full - this.#taken
  }

  #endTurn(nowNs: number, isLast = this.#isWindowOver(nowNs)): void {
    this.#ended = {
      map: this.#counts.turn(),
      startNs: this.#turnStartNs,
      endNs: nowNs,
      isLast,
      readableAtNs: this.#clock.monotonicNs() + SETTLE_NS,
    }
    this.#turnStartNs = nowNs
    if (!isLast) return
    this.#windowStartNs = nowNs
    if (this.#sampler !== undefined && this.#online !== onlineCpuList()) this.#attachAgain()
  }

  #isWindowOver(nowNs: number): boolean {
    const length = this.#frequencyHz > PROFILE_HZ ? WINDOW_NS.demand : WINDOW_NS.always
    return nowNs - this.#windowStartNs >= length - TICK_SLACK_NS
  }

  /** Processors came or went. */
  #attachAgain(): void {
    const frequencyHz = this.#frequencyHz
    this.#stop()
    this.#start(frequencyHz)
  }

  #readEnded(): void {
    const turn = this.#ended
    if (turn === undefined) return
    this.#ended = undefined
    const { stacks, samples } = this.#counts.take(turn.map)
    this.#taken += samples
    const { startNs, endNs, isLast } = turn
    this.#worker.add(
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

  #onResult({ kept, broken, unknown, dropped, symbolFiles, symbolBytes, window }: TurnResult): void {
    for (const [limit, count] of dropped) this.#drop(`${limit} limit`, count)
    const current = this.#current
    current.samples += kept
    current.broken += broken
    current.unknown += unknown
    this.#last = { ...this.#last, symbolFiles, symbolBytes }
    if (window === undefined) return
    this.#last = { ...this.#last, ...current }
    this.#current = { samples: 0, broken: 0, unknown: 0 }
    this.#windows.push(window)
    if (this.#windows.length <= WINDOWS_MAX) return
    const lost = this.#windows.shift()!
    this.#drop(
      'nobody took it',
      lost.sampleCount.reduce((sum, count) => sum + count, 0),
    )
  }

  #drop(reason: string, count: number): void {
    if (count > 0) this.#windowDrops.set(reason, (this.#windowDrops.get(reason) ?? 0) + count)
  }
}

function onlineCpuList(): string {
  try {
    return readFileSync('/sys/devices/system/cpu/online', 'latin1')
  } catch {
    return ''
  }
}
