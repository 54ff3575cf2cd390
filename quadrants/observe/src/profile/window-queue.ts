import type { ProfileWindow } from '@quadrant/proto'
import type { DropCount } from '../kernel/loss.ts'
import type { TurnResult } from './profile-message.ts'
import { type ProcessIndex, toProfileWindow } from './profile-window.ts'
import type { WindowData } from './window-data.ts'

/** Windows that nobody took. */
const WINDOWS_MAX = 32

/** Samples of a window. */
interface WindowFigures {
  readonly samples: number
  readonly broken: number
  readonly unknown: number
}

const NONE: WindowFigures = { samples: 0, broken: 0, unknown: 0 }

/** Windows that wait to be told, and what became of the samples that came this far. */
export class WindowQueue {
  #windows: WindowData[] = []
  readonly #drops = new Map<string, number>()
  #current = NONE
  #last = { ...NONE, symbolFiles: 0, symbolBytes: 0 }
  #came = 0
  #told = 0

  /** Of the last window, and what is held of symbols by now. */
  get figures(): WindowFigures & { readonly symbolFiles: number; readonly symbolBytes: number } {
    return this.#last
  }

  /** Samples in windows that came, told yet or not, and those that their limits kept out; cumulative. */
  get cameCount(): number {
    return this.#came
  }

  /** Samples that were told; cumulative. */
  get toldCount(): number {
    return this.#told
  }

  /** Samples that wait to be told. */
  get waitingCount(): number {
    return this.#windows.reduce((sum, window) => sum + samplesOf(window), 0)
  }

  add({ kept, broken, unknown, dropped, symbolFiles, symbolBytes, window }: TurnResult): void {
    for (const [limit, count] of dropped) {
      this.#drop(`${limit} limit`, count)
      this.#came += count
    }
    const { samples, ...rest } = this.#current
    this.#current = {
      samples: samples + kept,
      broken: rest.broken + broken,
      unknown: rest.unknown + unknown,
    }
    this.#last = { ...this.#last, symbolFiles, symbolBytes }
    if (window === undefined) return
    this.#last = { ...this.#last, ...this.#current }
    this.#current = NONE
    this.#came += samplesOf(window)
    this.#windows.push(window)
    if (this.#windows.length > WINDOWS_MAX) this.#drop('nobody took it', samplesOf(this.#windows.shift()!))
  }

  take(processIndex: ProcessIndex): ProfileWindow[] {
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
    return [...this.#drops].map(([reason, count]) => ({ stage: 'profile.window', reason, count }))
  }

  #drop(reason: string, count: number): void {
    if (count > 0) this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + count)
  }
}

function samplesOf({ sampleCount }: WindowData): number {
  return sampleCount.reduce((sum, count) => sum + count, 0)
}
