import type * as otlp from '@quadrant/proto/otlp'
import type { Content } from '../parcel.ts'

/** Data points of a metric; none where its kind is not known. */
export function pointsOf(metric: otlp.Metric): number {
  return metric.data.value?.dataPoints.length ?? 0
}

/** Spans or data points of a decoded request. */
export function countItems(content: Content): number {
  let count = 0
  if (content.signal === 'traces') {
    for (const { scopeSpans } of content.message.resourceSpans)
      for (const { spans } of scopeSpans) count += spans.length
    return count
  }
  for (const { scopeMetrics } of content.message.resourceMetrics)
    for (const { metrics } of scopeMetrics) for (const metric of metrics) count += pointsOf(metric)
  return count
}
