import type { DurationHistogram } from '@quadrant/proto'
import { atMost, counter, Refused } from './refusal.ts'

const SCALE_MIN = -10
const SCALE_MAX = 20
const BUCKETS_MAX = 320
/** At the finest scale the bucket of 2^63 ns, and its negative. */
const OFFSET_MAX = 64 * 2 ** SCALE_MAX

/**
 * Checks a histogram of durations.
 *
 * @param count requests that it is of: it may hold fewer, since not each could be timed.
 * @throws {Refused}
 */
export function checkDurations(at: string, durations: DurationHistogram, count: number): void {
  const { scale, offset, counts, zeroCount, sumNs, minNs, maxNs } = durations
  if (scale < SCALE_MIN || scale > SCALE_MAX) throw new Refused('counter', `${at}.scale is ${scale}`)
  if (Math.abs(offset) > OFFSET_MAX) throw new Refused('counter', `${at}.offset is ${offset}`)
  atMost(`${at}.counts`, counts.length, BUCKETS_MAX)
  whole(`${at}.zero_count`, zeroCount)
  let timed = zeroCount
  for (const [i, each] of counts.entries()) {
    whole(`${at}.counts[${i}]`, each)
    timed += each
  }
  if (timed > count) throw new Refused('counter', `${at} holds ${timed} of ${count} requests`)
  counter(`${at}.sum_ns`, sumNs, Number.MAX_VALUE)
  counter(`${at}.min_ns`, minNs, maxNs)
  counter(`${at}.max_ns`, maxNs)
}

/** The store keeps whole numbers of them. */
function whole(name: string, count: number): void {
  counter(name, count)
  if (!Number.isInteger(count)) throw new Refused('counter', `${name} is ${count}`)
}
