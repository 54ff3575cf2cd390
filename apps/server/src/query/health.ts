import type { Totals } from '../store/rollup.ts'

/** The worst thing that happened on an edge. */
export type Health = 'ok' | 'retransmits' | 'resets' | 'failures'

/** Below this share of segments sent again an edge is well: a lossless path does not exist. */
const RETRANSMIT_SHARE = 0.01

export function healthOf(totals: Totals): Health {
  if (totals.failed > 0) return 'failures'
  if (totals.reset > 0) return 'resets'
  const segments = totals.segmentsToServer + totals.segmentsToClient
  return totals.retransmits > 0 && totals.retransmits >= segments * RETRANSMIT_SHARE ? 'retransmits' : 'ok'
}
