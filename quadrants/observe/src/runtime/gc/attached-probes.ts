import type { GcProbeCounts, GcProbes } from '../gc-source.ts'
import type { GoTarget } from '../go-target.ts'

/** What probes leave to their source. */
export interface Attachment {
  counts(): GcProbeCounts
  detach(): void
}

/** Probes of one process. */
export class AttachedProbes implements GcProbes {
  readonly target: GoTarget
  readonly probeCount: number
  readonly #attachment: Attachment
  #last: GcProbeCounts | undefined

  constructor(target: GoTarget, probeCount: number, attachment: Attachment) {
    this.target = target
    this.probeCount = probeCount
    this.#attachment = attachment
  }

  /** After `dispose` what they were by then. */
  counts(): GcProbeCounts {
    return this.#last ?? this.#attachment.counts()
  }

  [Symbol.dispose](): void {
    if (this.#last !== undefined) return
    this.#last = this.#attachment.counts()
    this.#attachment.detach()
  }
}
