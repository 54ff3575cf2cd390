import type { Consumer, Processor } from '../consumer.ts'
import type { StageLedger } from '../ledger.ts'
import { type Content, Parcel } from '../parcel.ts'

export interface ContentParts {
  readonly next: Consumer
  readonly ledger: StageLedger
}

/** Counts what a change takes away, by reason. */
export type DropCounter = (reason: string, count: number) => void

/** A processor that looks into each parcel and changes it; what is left of it goes on. */
export function contentProcessor(
  change: (content: Content, drop: DropCounter) => void,
  { next, ledger }: ContentParts,
): Processor {
  return {
    flush: () => {},
    consume(parcel) {
      const content = parcel.content()
      const drops: (readonly [reason: string, count: number])[] = []
      change(content, (reason, count) => void drops.push([reason, count]))
      const changed = Parcel.ofContent(content)
      const refusal = changed.itemCount > 0 ? next.consume(changed) : undefined
      ledger.see(parcel.itemCount)
      if (refusal) {
        // It comes again as a whole: what was taken away from it is not gone yet.
        ledger.drop(refusal.reason, parcel.itemCount)
        return refusal
      }
      for (const [reason, count] of drops) ledger.drop(reason, count)
      ledger.keep(changed.itemCount)
      return undefined
    },
  }
}
