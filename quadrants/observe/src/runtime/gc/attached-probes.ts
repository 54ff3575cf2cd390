import type { ProbeCounts, ProcessProbes } from '../process-probes.ts'
import type { GoTarget } from '../go-target.ts'

/** What probes leave to their source. */
export interface Attachment {
  counts(): ProbeCounts
  detach(): void
}

/** Probes of one process. */
export class AttachedProbes implements ProcessProbes {
  readonly target: GoTarget
  readonly probeCount: number
  readonly #attachment: Attachment
  #last: ProbeCounts | undefined

  constructor(target: GoTarget, probeCount: number, attachment: Attachment) {
    this.target = target
    this.probeCount = probeCount
    this.#attachment = attachment
  }

  /** After `dispose` what they were by then. */
  counts(): ProbeCounts {
    return this.#last ?? this.#attachment.counts()
  }

  [Symbol.dispose](): void {
    if (this.#last !== undefined) return
    this.#last = this.#attachment.counts()
    this.#attachment.detach()
  }
}
