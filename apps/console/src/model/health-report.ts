import {
  type Check,
  CheckStatus,
  DROP_WORDS,
  type DropCount,
  dropKind,
  lostCount,
  type StageCount,
} from '@quadrant/proto'

const CATEGORIES = ['kernel', 'privilege', 'host', 'agent', 'server', 'cost']

export interface CheckGroup {
  readonly category: string
  readonly checks: readonly Check[]
  readonly okCount: number
}

/** Checks by category in the order of `quadrant doctor`; categories that it does not know come last. */
export function groupChecks(checks: readonly Check[]): readonly CheckGroup[] {
  const rank = (category: string) =>
    (CATEGORIES.indexOf(category) + CATEGORIES.length + 1) % (CATEGORIES.length + 1)
  const categories = [...new Set(checks.map(({ category }) => category))].sort((a, b) => rank(a) - rank(b))
  return categories.map((category) => {
    const members = checks.filter((check) => check.category === category)
    return {
      category,
      checks: members,
      okCount: members.filter(({ status }) => status === CheckStatus.OK).length,
    }
  })
}

export const VERDICT_WORDS: Readonly<Record<CheckStatus, string>> = {
  [CheckStatus.UNSPECIFIED]: 'unknown',
  [CheckStatus.OK]: 'ok',
  [CheckStatus.WARNING]: 'warning',
  [CheckStatus.FATAL]: 'fatal',
  [CheckStatus.SKIPPED]: 'skipped',
}

/** `12 ok, 1 warning, 1 fatal`. */
export function verdictSummary(checks: readonly Check[]): string {
  return [CheckStatus.FATAL, CheckStatus.WARNING, CheckStatus.OK, CheckStatus.SKIPPED]
    .map(
      (status) => [checks.filter((check) => check.status === status).length, VERDICT_WORDS[status]] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}${word === 'warning' && count > 1 ? 's' : ''}`)
    .join(', ')
}

/** One stage of the way a record takes, with what it lost there. */
export interface LedgerRow {
  readonly stage: string
  readonly seen: number
  readonly kept: number
  readonly dropped: number
  /** Of these, what is missing from what is shown. */
  readonly lost: number
  /** `seen - kept - dropped`: 0, or the books are wrong and say so. */
  readonly unaccounted: number
  readonly reasons: readonly { readonly reason: string; readonly count: number; readonly words: string }[]
}

/** Joins what each stage handled with what it dropped: seen = kept + dropped. Stages that only dropped stand too. */
export function stageLedger(
  stages: readonly StageCount[],
  drops: readonly DropCount[],
): readonly LedgerRow[] {
  const names = [...new Set([...stages.map(({ stage }) => stage), ...drops.map(({ stage }) => stage)])]
  return names.map((name) => {
    const counted = stages.filter(({ stage }) => stage === name)
    const dropsHere = drops.filter(({ stage, count }) => stage === name && count > 0)
    const dropped = dropsHere.reduce((sum, { count }) => sum + count, 0)
    const kept = counted.reduce((sum, stage) => sum + stage.kept, 0)
    const seen = counted.length > 0 ? counted.reduce((sum, stage) => sum + stage.seen, 0) : dropped
    return {
      stage: name,
      seen,
      kept,
      dropped,
      lost: lostCount(dropsHere),
      unaccounted: seen - kept - dropped,
      reasons: dropsHere.map((drop) => ({
        reason: drop.reason,
        count: drop.count,
        words: DROP_WORDS[dropKind(drop)],
      })),
    }
  })
}

/** Share of one core between two readings of a CPU counter; undefined where there is only one. */
export function cpuShare(
  before: { readonly timeMs: number; readonly cpuUs: number } | undefined,
  now: { readonly timeMs: number; readonly cpuUs: number },
): number | undefined {
  if (!before || now.timeMs <= before.timeMs || now.cpuUs < before.cpuUs) return undefined
  return (now.cpuUs - before.cpuUs) / 1000 / (now.timeMs - before.timeMs)
}
