import type * as otlp from '@quadrant/proto/otlp'

export type DataPoint =
  | otlp.NumberDataPoint
  | otlp.HistogramDataPoint
  | otlp.ExponentialHistogramDataPoint
  | otlp.SummaryDataPoint

/** A metric's points, of whichever kind; none where the kind is not known. */
export function dataPointsOf(metric: otlp.Metric): readonly DataPoint[] {
  return metric.data.value?.dataPoints ?? []
}

/** Leaves the points for which `keep` holds. */
export function filterPoints(metric: otlp.Metric, keep: (point: DataPoint) => boolean): void {
  const { value } = metric.data
  if (value) (value as { dataPoints: DataPoint[] }).dataPoints = dataPointsOf(metric).filter(keep)
}
