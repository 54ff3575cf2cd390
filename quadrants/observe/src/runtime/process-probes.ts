import type { GoTarget } from './go-target.ts'

/** What one process's probes were hit and cost since they were placed; cumulative. */
export interface ProbeCounts {
  readonly hits: number
  /** Nanoseconds in the traps, as measured on this host for the instructions that are probed. */
  readonly trapNs: number
  /** Nanoseconds in our programs. */
  readonly programNs: number
}

/** The probes of one process, until they are disposed of. */
export interface ProcessProbes extends Disposable {
  readonly target: GoTarget
  readonly probeCount: number
  counts(): ProbeCounts
}

/** Places probes. */
export interface ProbeSource {
  /**
   * Places the probes in one process, all or none; only that process pays for them.
   *
   * @throws {EbpfError} where the kernel refuses them, or the process has ended
   */
  probe(target: GoTarget): ProcessProbes
}
