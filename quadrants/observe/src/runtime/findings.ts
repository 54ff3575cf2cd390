import { type Finding, Severity } from '@quadrant/proto'
import type { Cost } from './probe-budget.ts'

/** Probes of a process cost it too much, and are gone. `quadrant explain QDR-O010` has the long text. */
export const TOO_DEAR = 'QDR-O010'

/** What probes are for, and what to do where they cost more than is allowed. */
export const PROBE_PURPOSES = {
  gc: { doing: 'observing', fix: 'allow more with: quadrant up --probe-budget PERCENT' },
  tls: {
    doing: 'reading the TLS of',
    fix: 'allow more with: quadrant up --probe-budget PERCENT, or read no TLS with: quadrant requests set --tls off',
  },
} as const
export type ProbePurpose = keyof typeof PROBE_PURPOSES

/** @param subject coordinate of the process */
export function tooDearFinding(
  subject: string,
  cost: Cost,
  about: {
    readonly name: string
    readonly shareMax: number
    readonly timeNs: number
    readonly what: ProbePurpose
  },
): Finding {
  const { doing, fix } = PROBE_PURPOSES[about.what]
  const milliseconds = Math.round(cost.intervalNs / 1e6)
  return {
    $typeName: 'quadrant.v1.Finding',
    code: TOO_DEAR,
    severity: Severity.WARNING,
    subject,
    message:
      `${doing} ${about.name} took ${percent(cost.share)} of its CPU (${cost.hits} hits of its probes in ${milliseconds} ms), ` +
      `more than ${percent(about.shareMax)}: its probes were detached, and are not placed again while it runs`,
    fix,
    timeNs: about.timeNs,
    firstTimeNs: about.timeNs,
    count: 1,
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`
}
