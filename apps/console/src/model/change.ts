/** What became of something from B to A. The order is that of the tables: what asks for a look first. */
export const CHANGE_KINDS = ['worse', 'gone', 'new', 'better', 'more', 'less', 'same'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

export const CHANGE_WORDS: Readonly<Record<ChangeKind, string>> = {
  worse: 'more errors',
  gone: 'gone',
  new: 'new',
  better: 'fewer errors',
  more: 'higher rate',
  less: 'lower rate',
  same: 'no change',
}

export interface Change {
  readonly kind: ChangeKind
  /** A's rate by B's; undefined where one of them has none to tell. */
  readonly ratio: number | undefined
  /** `× 3.2, more errors`. */
  readonly words: string
}

/** What flowed in a stretch of time. Counts. */
export interface Load {
  /** Undefined where they are not counted. */
  readonly bytes: number | undefined
  readonly messages: number
  readonly opened: number
  /** Failed connects, resets and failed requests. */
  readonly errors: number
  /** Seconds that hold data. */
  readonly seconds: number
}

/** Traffic sways: a rate within this factor of the other is called the same. */
const RATIO_MIN = 1.25
/** Counts of events that come by themselves differ by chance; those that do by less than this many deviations are called the same. */
const DEVIATIONS_MIN = 2

/** What has changed from `b` to `a`. One that is undefined was not there. */
export function changeOf(a: Load | undefined, b: Load | undefined): Change {
  if (!a || !b) {
    const kind = a ? 'new' : b ? 'gone' : 'same'
    return { kind, ratio: undefined, words: CHANGE_WORDS[kind] }
  }
  const ratio = rateRatio(a, b)
  const errors = differ(a.errors, b.errors, a, b) ? Math.sign(a.errors / a.seconds - b.errors / b.seconds) : 0
  const rate = ratio === undefined ? 'same' : ratio > 1 ? 'more' : 'less'
  const kind = errors > 0 ? 'worse' : errors < 0 ? 'better' : rate
  const words = [
    ratio === undefined ? '' : ratioText(ratio),
    errors === 0 ? '' : CHANGE_WORDS[errors > 0 ? 'worse' : 'better'],
  ]
  return { kind, ratio, words: words.filter(Boolean).join(', ') || CHANGE_WORDS.same }
}

/** A's rate by B's where they differ: of bytes, or of what is counted where bytes are not. */
function rateRatio(a: Load, b: Load): number | undefined {
  for (const measure of ['bytes', 'messages', 'opened'] as const) {
    const [countA, countB] = [a[measure], b[measure]]
    if (countA === undefined || countB === undefined || countA + countB === 0) continue
    const ratio = countA / a.seconds / (countB / b.seconds)
    if (ratio < RATIO_MIN && ratio > 1 / RATIO_MIN) return undefined
    return measure === 'bytes' || differ(countA, countB, a, b) ? ratio : undefined
  }
  return undefined
}

/** Whether two counts differ by more than chance, as of a Poisson process: its variance is its mean. */
function differ(countA: number, countB: number, a: Load, b: Load): boolean {
  const apart = Math.abs(countA / a.seconds - countB / b.seconds)
  return apart > DEVIATIONS_MIN * Math.sqrt(countA / a.seconds ** 2 + countB / b.seconds ** 2)
}

/** Something in words, with its change. What is gone is told as it was. */
export function changedWords(words: string, change: Change | undefined): string {
  if (!change) return words
  return change.kind === 'gone' ? `${words}; only in B: gone` : `${words}; ${change.words}`
}

/** `× 3.2` for what grew, `÷ 2` for what shrank. */
export function ratioText(ratio: number): string {
  if (ratio === Infinity) return 'was idle'
  if (ratio === 0) return 'now idle'
  const factor = ratio < 1 ? 1 / ratio : ratio
  const text = factor >= 1e6 ? 'over 1000000' : String(Number(factor.toPrecision(factor < 100 ? 2 : 3)))
  return `${ratio < 1 ? '÷' : '×'} ${text}`
}
