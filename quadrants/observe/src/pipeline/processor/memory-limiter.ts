import type { Consumer, Processor } from '../consumer.ts'
import type { HeldBytes } from '../held-bytes.ts'
import type { StageLedger } from '../ledger.ts'

export interface MemoryLimiterOptions {
  /** Telemetry in memory, of all pipelines. */
  readonly limitBytes: number
}

/** How long a sender should wait: a queue that empties has room after some batches. */
const RETRY_AFTER_MS = 1000

/** Refuses what comes while too much is held; the sender is told to come again. */
export function memoryLimiter(
  { limitBytes }: MemoryLimiterOptions,
  { next, ledger, held }: { readonly next: Consumer; readonly ledger: StageLedger; readonly held: HeldBytes },
): Processor {
  return {
    flush: () => {},
    consume(parcel) {
      ledger.see(parcel.itemCount)
      if (held.bytes + parcel.bytes.length > limitBytes) {
        ledger.drop('memory-limit', parcel.itemCount)
        return { reason: 'memory-limit', retryAfterMs: RETRY_AFTER_MS }
      }
      const refusal = next.consume(parcel)
      if (refusal) ledger.drop(refusal.reason, parcel.itemCount)
      else ledger.keep(parcel.itemCount)
      return refusal
    },
  }
}
