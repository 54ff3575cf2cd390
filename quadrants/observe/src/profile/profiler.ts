import { type HostClock, systemClock } from '../discover/host-clock.ts'
import type { DropCount, StageCount } from '../kernel/loss.ts'
import type { ProgramReport } from '../kernel/programs.ts'
import type { ProfileWindow } from '@quadrant/proto'
import { PROFILE_HZ, PROFILE_HZ_MAX } from './profile-rate.ts'
import type { ProcessIndex } from './profile-window.ts'
import { Sampling } from './sampling.ts'
import { SymbolWorker } from './symbol-worker.ts'
import { WindowQueue } from './window-queue.ts'

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
  /**
   * Samples by what handled them: the kernel program, the thread that finds symbols, the windows; cumulative. Those that
   * are underway are in none.
   */
  stages(): readonly StageCount[]
  report(): ProfilerReport
}

/** Loads the kernel program and begins to sample. @throws {EbpfError} what the kernel refused */
export function openProfiler(options: ProfilerOptions = {}): Profiler {
  return new BpfProfiler(options)
}

class BpfProfiler implements Profiler {
  readonly #sampling: Sampling
  readonly #worker: SymbolWorker
  readonly #windows = new WindowQueue()

  constructor(options: ProfilerOptions) {
    const { procRoot, symbolBytesMax: bytesMax, symbolFilesMax: filesMax, stackPlaces } = options
    using undo = new DisposableStack()
    this.#sampling = undo.use(
      new Sampling({
        clock: options.clock ?? systemClock,
        stackPlaces,
        onTurn: (turn, samples) => this.#worker.add(turn, samples),
      }),
    )
    this.#worker = undo.use(
      new SymbolWorker({ procRoot, bytesMax, filesMax }, (result) => this.#windows.add(result)),
    )
    this.configure({ frequencyHz: options.frequencyHz ?? PROFILE_HZ })
    undo.move()
  }

  configure({ frequencyHz }: { readonly frequencyHz: number }): void {
    const wanted = Math.min(Math.max(Math.round(frequencyHz), 0), PROFILE_HZ_MAX)
    if (wanted === this.#sampling.frequencyHz) return
    this.#sampling.stop()
    this.#sampling.start(wanted)
  }

  poll(): void {
    const images = this.#sampling.takeImages()
    if (images.length > 0) this.#worker.meet(images)
    this.#sampling.poll()
  }

  take(nowNs: number, processIndex: ProcessIndex): ProfileWindow[] {
    this.poll()
    this.#sampling.tick(nowNs)
    return this.#windows.take(processIndex)
  }

  drops(): readonly DropCount[] {
    const { full, late } = this.#sampling.counts
    const { busy, ended } = this.#worker.drops
    return [
      { stage: 'profile.kernel', reason: 'map full', count: full },
      { stage: 'profile.kernel', reason: 'read late', count: late },
      { stage: 'profile.symbols', reason: 'busy', count: busy },
      { stage: 'profile.symbols', reason: 'thread ended', count: ended },
      ...this.#windows.drops(),
    ]
  }

  stages(): readonly StageCount[] {
    const { seen, taken } = this.#sampling.counts
    const { cameCount, toldCount, waitingCount } = this.#windows
    return [
      { stage: 'profile.kernel', seen, kept: taken },
      { stage: 'profile.symbols', seen: taken - this.#worker.pendingCount, kept: cameCount },
      { stage: 'profile.window', seen: cameCount - waitingCount, kept: toldCount },
    ]
  }

  report(): ProfilerReport {
    const { frequencyHz } = this.#sampling
    return { ...this.#windows.figures, frequencyHz, programs: this.#sampling.programs() }
  }

  [Symbol.dispose](): void {
    this.#sampling[Symbol.dispose]()
    this.#worker[Symbol.dispose]()
  }
}
