import { create } from '@bufbuild/protobuf'
import type { DurationHistogram } from '@quadrant/proto'
import * as otlp from '@quadrant/proto/otlp'

/**
 * A histogram of nanoseconds as a data point of another unit. Buckets of the other unit lie between those of
 * nanoseconds: each becomes the one that holds its middle, so that a time is told at most half a bucket away. Counts,
 * sum, least and largest are exact.
 *
 * @param nsPerUnit nanoseconds of one unit: 1e9 for seconds
 */
export function durationPoint(
  { scale, offset, counts, zeroCount, sumNs, minNs, maxNs }: DurationHistogram,
  nsPerUnit: number,
): otlp.ExponentialHistogramDataPoint {
  // All move by the same number of buckets: that of the unit itself.
  const shift = Math.round(Math.log2(nsPerUnit) * 2 ** scale)
  const timed = counts.reduce((sum, count) => sum + count, zeroCount)
  return create(otlp.ExponentialHistogramDataPointSchema, {
    scale,
    count: BigInt(Math.round(timed)),
    zeroCount: BigInt(Math.round(zeroCount)),
    sum: sumNs / nsPerUnit,
    ...(counts.length > 0
      ? {
          positive: {
            offset: offset - shift,
            bucketCounts: counts.map((count) => BigInt(Math.round(count))),
          },
        }
      : {}),
    ...(timed > 0 ? { min: minNs / nsPerUnit, max: maxNs / nsPerUnit } : {}),
  })
}
