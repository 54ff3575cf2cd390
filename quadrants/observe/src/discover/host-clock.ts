import { readText } from './proc-files.ts'

/** The two clocks that a tracer needs. */
export interface HostClock {
  /** ns of the Unix epoch. */
  epochNs(): number
  /** ns, CLOCK_MONOTONIC: what the kernel stamps its records with. */
  monotonicNs(): number
}

/** The clocks of this machine. */
export const systemClock: HostClock = {
  // To a microsecond, where Date has but milliseconds.
  epochNs: () => Number(Temporal.Now.instant().epochNanoseconds),
  monotonicNs() {
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1e9 + nanoseconds
  },
}

/** Time of boot, ns of the Unix epoch, to a hundredth of a second: now less /proc/uptime, which counts suspend too. */
export function bootEpochNs(clock: HostClock, procRoot: string): number {
  const uptimeSeconds = Number.parseFloat(readText(`${procRoot}/uptime`))
  const sinceBootNs = Number.isFinite(uptimeSeconds) ? uptimeSeconds * 1e9 : clock.monotonicNs()
  return clock.epochNs() - sinceBootNs
}

/**
 * Nanoseconds since boot, in two words, as clock ticks. Exact at any uptime: 2^32 ns are 429 ticks and
 * 4,967,296 ns.
 */
export function ticksOf(low: number, high: number): number {
  return high * 429 + Math.floor((high * 4_967_296 + low) / 1e7)
}
