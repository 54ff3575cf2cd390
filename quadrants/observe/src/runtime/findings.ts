import { type Finding, Severity } from '@quadrant/proto'
import type { Cost } from './probe-budget.ts'

/** Probes of a process cost it too much, and are gone. `quadrant explain QDR-O010` has the long text. */
export const TOO_DEAR = 'QDR-O010'

/** @param subject coordinate of the process */
export function tooDearFinding(
  subject: string,
  cost: Cost,
  about: { readonly name: string; readonly shareMax: number; readonly timeNs: number },
): Finding {
  const milliseconds = Math.round(cost.intervalNs / 1e6)
  return {
    $typeName: 'quadrant.v1.Finding',
    code: TOO_DEAR,
    severity: Severity.WARNING,
    subject,
    message:
      `observing ${about.name} took ${percent(cost.share)} of its CPU (${cost.hits} hits of its probes in ${milliseconds} ms), ` +
      `more than ${percent(about.shareMax)}: its probes were detached, and are not placed again while it runs`,
    fix: 'allow more with: quadrant up --probe-budget PERCENT',
    timeNs: about.timeNs,
    firstTimeNs: about.timeNs,
    count: 1,
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`
}
