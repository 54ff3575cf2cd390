import { CheckStatus, type Check } from '@quadrant/proto'

/** What a check is about, whatever its outcome. */
export interface CheckSubject {
  /** Stable: people and scripts look for it. Begins with the category. */
  readonly id: `${'kernel' | 'privilege' | 'host'}.${string}`
  readonly title: string
  readonly costIfMissing: string
}

export interface CheckOutcome {
  readonly status: CheckStatus
  readonly detail: string
  readonly fix?: string
}

export function check(subject: CheckSubject, outcome: CheckOutcome): Check {
  return {
    $typeName: 'quadrant.v1.Check',
    id: subject.id,
    title: subject.title,
    costIfMissing: subject.costIfMissing,
    category: subject.id.split('.', 1)[0]!,
    status: outcome.status,
    detail: outcome.detail,
    // What works needs no mending.
    fix: outcome.status === CheckStatus.OK ? '' : (outcome.fix ?? ''),
  }
}

export function ok(detail: string): CheckOutcome {
  return { status: CheckStatus.OK, detail }
}

export function warning(detail: string, fix?: string): CheckOutcome {
  return { status: CheckStatus.WARNING, detail, ...(fix === undefined ? {} : { fix }) }
}

export function fatal(detail: string, fix?: string): CheckOutcome {
  return { status: CheckStatus.FATAL, detail, ...(fix === undefined ? {} : { fix }) }
}

export function skipped(detail: string, fix?: string): CheckOutcome {
  return { status: CheckStatus.SKIPPED, detail, ...(fix === undefined ? {} : { fix }) }
}
