/** What a folder bench/NAME exports from its index.ts as `benchmark`. */
export interface Benchmark {
  readonly name: string
  /** What is compared and how, in a sentence or two: printed above the table. */
  readonly description: string
  /**
   * Measures ours and the peers in one run.
   * @throws {RequirementError} when a tool it needs is missing
   */
  run(options: RunOptions): Promise<readonly Row[]>
}

export interface RunOptions {
  /** Take under 50 seconds. */
  readonly quick: boolean
  /** Tells what is going on; shown on stderr. */
  readonly progress: (text: string) => void
}

/** One line of the table. A lower ratio is better. */
export interface Row {
  readonly case: string
  readonly unit: string
  readonly ours: number
  /** Undefined where nobody else is compared. */
  readonly peer?: number
  readonly peerName?: string
  /** Of ours to the peer's; undefined without a peer. */
  readonly ratio?: number
  /** Least and greatest ratio of single slices, or of `ours` without a peer. */
  readonly spread?: readonly [least: number, greatest: number]
  /** What the ratio, or without a peer `ours`, may be at most. Undefined: told for information. */
  readonly goal?: number
  readonly met?: boolean
}

/** A row with `met` filled in: the ratio, or without a peer ours, against the goal. */
export function judge(row: Omit<Row, 'met'>): Row {
  if (row.goal === undefined) return row
  return { ...row, met: (row.ratio ?? row.ours) <= row.goal }
}

/** Something the benchmark needs is not on this machine; the message tells how to get it. */
export class RequirementError extends Error {
  override readonly name = 'RequirementError'
}
