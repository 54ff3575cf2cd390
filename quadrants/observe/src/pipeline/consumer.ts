import type { Parcel } from './parcel.ts'

/** Why something was not taken, and when it may be brought again. */
export interface Refusal {
  readonly reason: string
  readonly retryAfterMs: number
}

/** Takes parcels, or refuses one: then whoever brought it still has it, and may come again. */
export interface Consumer {
  consume(parcel: Parcel): Refusal | undefined
}

/** A consumer that holds something back for a while. */
export interface Processor extends Consumer {
  /** Gives on what it holds, now. */
  flush(): void
}

/**
 * Gives a parcel to each. Where only some refuse it, it counts as taken: brought again, the others would have it twice;
 * those that refuse have counted it.
 */
export function fanOut(consumers: readonly Consumer[]): Consumer {
  const [only] = consumers
  if (consumers.length === 1 && only) return only
  return {
    consume(parcel) {
      let refusal: Refusal | undefined
      let takenCount = 0
      for (const consumer of consumers) {
        const answer = consumer.consume(parcel)
        if (answer) refusal = answer
        else takenCount++
      }
      return takenCount === 0 ? refusal : undefined
    },
  }
}
