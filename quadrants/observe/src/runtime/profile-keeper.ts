import { channel } from 'node:diagnostics_channel'
import type { Instruction, ProfileWindow } from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'
import type { ProcessIndex } from '../profile/profile-window.ts'
import { PROFILE_HZ, type Profiler, type ProfilerReport } from '../profile/profiler.ts'

const diagnostics = channel('quadrant:observe')

export interface ProfileKeeperOptions {
  readonly clock: HostClock
  /** Begins to sample. @throws {EbpfError} where the host does not let us */
  readonly open: () => Profiler
}

/** Samples all processes at the rate that is asked for; nothing while it is off, or where the host does not let us. */
export class ProfileKeeper implements Disposable {
  readonly #clock: HostClock
  readonly #profiler: Profiler | undefined
  #problem: string | undefined
  #demandHz = 0
  #demandUntilNs = 0
  #isOff = false

  constructor({ clock, open }: ProfileKeeperOptions) {
    this.#clock = clock
    this.#profiler = this.#attempt(open)
  }

  /** Why nothing is sampled, or not at the rate that was asked for. */
  get problem(): string | undefined {
    return this.#problem
  }

  configure({ profileHz, profileUntilNs, profilesOff }: Instruction): void {
    this.#demandHz = profileHz
    this.#demandUntilNs = profileUntilNs
    this.#isOff = profilesOff
    this.#setRate()
  }

  poll(): void {
    this.#profiler?.poll()
  }

  /** The windows that are complete. Call it once a second. */
  take(processIndex: ProcessIndex): ProfileWindow[] {
    if (this.#profiler === undefined) return []
    this.#setRate()
    return this.#profiler.take(this.#clock.epochNs(), processIndex)
  }

  drops() {
    return this.#profiler?.drops() ?? []
  }

  stages() {
    return this.#profiler?.stages() ?? []
  }

  report(): ProfilerReport | undefined {
    return this.#profiler?.report()
  }

  [Symbol.dispose](): void {
    this.#profiler?.[Symbol.dispose]()
  }

  #setRate(): void {
    if (this.#profiler === undefined) return
    const isDemanded =
      this.#demandHz > 0 && (this.#demandUntilNs === 0 || this.#clock.epochNs() < this.#demandUntilNs)
    const frequencyHz = this.#isOff ? 0 : isDemanded ? this.#demandHz : PROFILE_HZ
    this.#problem = undefined
    this.#attempt(() => this.#profiler?.configure({ frequencyHz }))
  }

  #attempt<Result>(work: () => Result): Result | undefined {
    try {
      return work()
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error)
      diagnostics.publish({ event: 'profiler-failed', message: this.#problem })
      return undefined
    }
  }
}
