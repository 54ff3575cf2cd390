import type { Instruction } from '@quadrant/proto'

/** Recordings that may run at once. */
const RECORDINGS_MAX = 16
/** Longest time that a timer of Node's takes, milliseconds. */
const TIMER_MS_MAX = 2 ** 31 - 1

/** A rate of sampling for a while. */
export interface Recording {
  readonly frequencyHz: number
  /** Nanoseconds of the Unix epoch. */
  readonly untilNs: number
}

/**
 * Profiles that somebody records: for their time, agents sample at the highest rate that is asked for. They are not
 * kept: a server that starts anew gives the instruction without them.
 */
export class Recordings implements Disposable {
  readonly #nowNs: () => number
  readonly #onEnd: () => void
  #running: Recording[] = []
  #timer: NodeJS.Timeout | undefined

  /** @param onEnd called when one has ended and another rate holds */
  constructor(options: { readonly nowNs: () => number; readonly onEnd: () => void }) {
    this.#nowNs = options.nowNs
    this.#onEnd = options.onEnd
  }

  /** False where too many run already. */
  add(recording: Recording): boolean {
    this.#forgetEnded()
    if (this.#running.length >= RECORDINGS_MAX) return false
    this.#running.push(recording)
    this.#wait()
    return true
  }

  /** What agents are told: the instruction, with the rate of what is recorded now. */
  apply(instruction: Instruction): Instruction {
    this.#forgetEnded()
    const fastest = this.#running.toSorted(
      (a, b) => b.frequencyHz - a.frequencyHz || b.untilNs - a.untilNs,
    )[0]
    if (!fastest || instruction.profilesOff || holds(instruction, fastest, this.#nowNs())) return instruction
    return { ...instruction, profileHz: fastest.frequencyHz, profileUntilNs: fastest.untilNs }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#running = []
  }

  /** Returns whether there were any. */
  #forgetEnded(): boolean {
    const nowNs = this.#nowNs()
    const going = this.#running.filter(({ untilNs }) => untilNs > nowNs)
    const hasEnded = going.length < this.#running.length
    this.#running = going
    return hasEnded
  }

  #wait(): void {
    clearTimeout(this.#timer)
    if (this.#running.length === 0) return
    const firstNs = Math.min(...this.#running.map(({ untilNs }) => untilNs))
    const ms = Math.min(Math.max(0, Math.ceil((firstNs - this.#nowNs()) / 1e6)), TIMER_MS_MAX)
    this.#timer = setTimeout(() => {
      // A timer can be early by the clock of the machine: then nothing has ended yet.
      const hasEnded = this.#forgetEnded()
      this.#wait()
      if (hasEnded) this.#onEnd()
    }, ms)
    this.#timer.unref()
  }
}

/** Whether the instruction asks for that rate, or a higher one, for that long. */
function holds(instruction: Instruction, { frequencyHz, untilNs }: Recording, nowNs: number): boolean {
  const { profileHz, profileUntilNs } = instruction
  return profileHz >= frequencyHz && (profileUntilNs === 0 || profileUntilNs >= Math.max(untilNs, nowNs))
}
