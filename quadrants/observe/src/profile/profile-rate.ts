/** Samples a second of each busy processor while nobody asks for more. */
export const PROFILE_HZ = 19
/** The most that can be asked for. Neither rate keeps step with what programs do a round number of times a second. */
export const PROFILE_HZ_MAX = 99

/**
 * Length of windows: while nobody looks, and on demand, that is above {@link PROFILE_HZ}. Names are told once a window: at
 * one second they would be most of what it costs.
 */
const WINDOW_NS = { always: 10e9, demand: 2e9 } as const

/**
 * How long a map is written before the other one is. Whatever is done at its end finds nothing in the processor's caches,
 * so one at the lower rate is longer; but what a program has put where only it can tell, as its perf map, may be gone by
 * then.
 */
const TURN_NS = { always: 2.5e9, demand: 1e9 } as const

export function windowNs(frequencyHz: number): number {
  return frequencyHz > PROFILE_HZ ? WINDOW_NS.demand : WINDOW_NS.always
}

export function turnNs(frequencyHz: number): number {
  return frequencyHz > PROFILE_HZ ? TURN_NS.demand : TURN_NS.always
}
