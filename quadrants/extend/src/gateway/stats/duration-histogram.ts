/** Upper bounds in milliseconds, as Prometheus wants them; Envoy's are the same. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
]

/** How often something took how long, in plain numbers, so that threads can send and add them. */
export interface DurationHistogram {
  /** One more than there are bounds: the last is for what is over all of them. */
  readonly counts: number[]
  sumMs: number
}

export function emptyHistogram(): DurationHistogram {
  return { counts: new Array<number>(DURATION_BOUNDS_MS.length + 1).fill(0), sumMs: 0 }
}

export function recordDuration(histogram: DurationHistogram, durationMs: number): void {
  let index = 0
  while (index < DURATION_BOUNDS_MS.length && durationMs > DURATION_BOUNDS_MS[index]!) index++
  histogram.counts[index] = (histogram.counts[index] ?? 0) + 1
  histogram.sumMs += durationMs
}
