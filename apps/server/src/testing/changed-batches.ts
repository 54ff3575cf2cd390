import fc from 'fast-check'
import { checkBatch } from '../ingest/check.ts'
import { decodeWireBatch } from './checked.ts'
import { changedBytes } from './changed-bytes.ts'

export interface ChangedBatchesOptions {
  readonly nowNs: number
  /** Most bytes that are changed at once. */
  readonly changesMax: number
  readonly seed: number
  readonly numRuns: number
}

/**
 * Checks a batch with some of its bytes changed, again and again, but for what the protocol's decoder refuses before we
 * see it. Gives how many were accepted and refused.
 */
export function checkChangedBatches(
  whole: Uint8Array,
  { nowNs, changesMax, seed, numRuns }: ChangedBatchesOptions,
  onChecked: (checked: ReturnType<typeof checkBatch>) => void,
): { readonly accepted: number; readonly refused: number } {
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(changedBytes(whole, { min: 1, max: changesMax }), (bytes) => {
      let wire
      try {
        wire = decodeWireBatch(bytes)
      } catch {
        return
      }
      const checked = checkBatch(wire, nowNs)
      if (checked.batch) accepted++
      else refused++
      onChecked(checked)
    }),
    { seed, numRuns },
  )
  return { accepted, refused }
}
