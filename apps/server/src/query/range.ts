import type { TimeRange } from '@quadrant/proto'
import { planSpans, type SpanPlan } from '../store/span.ts'
import type { NsRange } from '../store/store.ts'

const MINUTE_NS = 60e9

/** Fills in what a request leaves open: the end is now, the start a minute before it. Never inside out. */
export function resolveRange(range: TimeRange | undefined, nowNs: number): NsRange {
  const endNs = finite(range?.endNs) || nowNs
  const startNs = finite(range?.startNs) || endNs - MINUTE_NS
  return { startNs: Math.min(startNs, endNs), endNs }
}

export function planRange(range: NsRange, nowNs: number): SpanPlan {
  // The second that runs is not told yet, so nothing of the future is asked for.
  return planSpans(range.startNs / 1e9, Math.min(range.endNs, nowNs + MINUTE_NS) / 1e9, nowNs / 1e9)
}

function finite(ns: number | undefined): number {
  return ns !== undefined && Number.isFinite(ns) && ns > 0 ? ns : 0
}
