import { channel } from 'node:diagnostics_channel'
import type { Instruction, ProfileWindow, RuntimeReport } from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'
import type { ProgramReport } from '../kernel/programs.ts'
import { PROFILE_HZ, PROFILE_HZ_MAX } from '../profile/profile-rate.ts'
import type { Profiler } from '../profile/profiler.ts'
import type { ProcessIndex } from '../profile/profile-window.ts'

const diagnostics = channel('quadrant:observe')

/** Has CPU profiles taken as the instruction wants it, from the first one on. */
export class ProfileKeeper implements Disposable {
  readonly #open: () => Profiler
  readonly #clock: HostClock
  #profiler: Profiler | undefined
  #problem: string | undefined
  #isWanted = false
  #wantedHz: number = PROFILE_HZ
  #untilNs = 0

  /** @param open @throws {EbpfError} where the host does not let us */
  constructor(open: () => Profiler, clock: HostClock) {
    this.#open = open
    this.#clock = clock
  }

  /** Why nothing is sampled, though it is wanted. */
  get problem(): string | undefined {
    return this.#problem
  }

  configure({ profilesOff, profileHz, profileUntilNs }: Instruction): void {
    // What could not be had at one rate may be had at another.
    this.#problem = undefined
    this.#isWanted = !profilesOff
    this.#wantedHz = profileHz === 0 ? PROFILE_HZ : Math.min(profileHz, PROFILE_HZ_MAX)
    this.#untilNs = profileUntilNs
    this.#apply()
  }

  poll(): void {
    this.#profiler?.poll()
  }

  /** Windows that are complete. */
  take(processIndex: ProcessIndex): ProfileWindow[] {
    let windows: ProfileWindow[] = []
    try {
      windows = this.#profiler?.take(this.#clock.epochNs(), processIndex) ?? []
    } catch (error) {
      // Processors came or went, and it could not begin anew on those that are there.
      this.#fail(error)
    }
    // A raised rate may be over by now.
    this.#apply()
    return windows
  }

  drops() {
    return this.#profiler?.drops() ?? []
  }

  stages() {
    return this.#profiler?.stages() ?? []
  }

  /** Those in the kernel. */
  programs(): readonly ProgramReport[] {
    return this.#profiler?.report().programs ?? []
  }

  report(): Pick<
    RuntimeReport,
    'profileSamples' | 'profileBroken' | 'profileHz' | 'symbolFiles' | 'symbolBytes'
  > {
    const report = this.#profiler?.report()
    return {
      profileSamples: report?.samples ?? 0,
      profileBroken: report?.broken ?? 0,
      profileHz: report?.frequencyHz ?? 0,
      symbolFiles: report?.symbolFiles ?? 0,
      symbolBytes: report?.symbolBytes ?? 0,
    }
  }

  [Symbol.dispose](): void {
    this.#profiler?.[Symbol.dispose]()
    this.#profiler = undefined
  }

  #apply(): void {
    if (this.#problem !== undefined || (!this.#isWanted && this.#profiler === undefined)) return
    const isOver = this.#untilNs !== 0 && this.#clock.epochNs() >= this.#untilNs
    const frequencyHz = this.#isWanted ? (isOver ? PROFILE_HZ : this.#wantedHz) : 0
    try {
      this.#profiler ??= this.#open()
      this.#profiler.configure({ frequencyHz })
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#problem = error instanceof Error ? error.message : String(error)
    diagnostics.publish({ event: 'profiler-failed', message: this.#problem })
    this[Symbol.dispose]()
  }
}
