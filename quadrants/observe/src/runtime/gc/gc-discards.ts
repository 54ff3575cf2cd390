/**
 * Why a pause or a cycle was not told:
 *
 * - `gap`          a record is missing in its middle
 * - `order`        its records stand in an order that the runtime does not have
 * - `clock`        its records go back in time
 * - `reason`       the runtime's own reason for the stop contradicts what was seen during it
 * - `no-beginning` it began before the probes were placed, or in a gap
 * - `unfinished`   another cycle began before it ended, as after an exec
 * - `unreadable`   bytes that our program does not write
 * - `detached`     a record of a process that is no longer probed
 */
export type GcDiscardReason =
  | 'gap'
  | 'order'
  | 'clock'
  | 'reason'
  | 'no-beginning'
  | 'unfinished'
  | 'unreadable'
  | 'detached'

/** Counts of what was not told, by reason; cumulative. */
export class GcDiscards {
  readonly #counts = new Map<GcDiscardReason, number>()

  add(reason: GcDiscardReason, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count)
  }

  count(reason: GcDiscardReason): number {
    return this.#counts.get(reason) ?? 0
  }

  entries(): ReadonlyArray<readonly [reason: GcDiscardReason, count: number]> {
    return [...this.#counts]
  }
}
