import { formatDurationNs, formatRate, formatShare } from '@quadrant/core'
import type { RequestSignals } from '@quadrant/proto'
import type { Column } from '../output/table.ts'

/** What a table shows of requests. */
export type ShownSignals = Pick<
  RequestSignals,
  'requests' | 'requestsPerSecond' | 'errors' | 'errorShare' | 'p50Ns' | 'p95Ns' | 'p99Ns'
>

/**
 * Rate, errors and latency of what a row has of requests; a row without has empty cells.
 *
 * @param inner also the median and what 95 of 100 took at most
 */
export function signalColumns<Row>(
  signalsOf: (row: Row) => ShownSignals | undefined,
  inner: boolean,
): readonly Column<Row>[] {
  const cell = (text: (signals: ShownSignals) => string) => (row: Row) => {
    const signals = signalsOf(row)
    return signals ? text(signals) : ''
  }
  const columns: Column<Row>[] = [
    {
      title: 'REQ/S',
      cell: cell(({ requestsPerSecond }) => formatRate(requestsPerSecond).replace('/s', '')),
      align: 'right',
    },
    {
      title: 'ERR',
      cell: cell(({ errorShare }) => formatShare(errorShare)),
      align: 'right',
      colour: (row) => ((signalsOf(row)?.errors ?? 0) > 0 ? 'red' : undefined),
    },
  ]
  if (inner)
    columns.push(
      { title: 'P50', cell: cell(({ p50Ns }) => time(p50Ns)), align: 'right' },
      { title: 'P95', cell: cell(({ p95Ns }) => time(p95Ns)), align: 'right' },
    )
  columns.push({ title: 'P99', cell: cell(({ p99Ns }) => time(p99Ns)), align: 'right' })
  return columns
}

function time(ns: number): string {
  return ns > 0 ? formatDurationNs(ns) : ''
}
