const RESTART_MS_MIN = 100
const RESTART_MS_MAX = 5000
/** A child that lived this long was well: the next restart is quick again. */
const HEALTHY_MS = 1000

/** How long to wait before each restart of one child: doubling, capped, and from the start again after a healthy life. */
export function restartBackoff(): (livedMs: number) => number {
  let nextMs = RESTART_MS_MIN
  return (livedMs) => {
    if (livedMs >= HEALTHY_MS) nextMs = RESTART_MS_MIN
    const waitMs = nextMs
    nextMs = Math.min(nextMs * 2, RESTART_MS_MAX)
    return waitMs
  }
}
