import { formatDurationNs, formatDurationUs, formatRate, formatShare } from '@quadrant/core'
import { ratioText } from './change.ts'
import type { Comparison } from './comparison.ts'
import type { MapEdge } from './map-graph.ts'

/** One number of an edge in A and in B; `–` where there is none. */
export interface ComparedFigure {
  readonly name: string
  readonly a: string
  readonly b: string
  /** `× 3.2`; empty where one of them has none. */
  readonly ratio: string
}

type Totals = NonNullable<MapEdge['source']['totals']>
type Signals = MapEdge['signals']
/** Its value over so many seconds; undefined: not known. */
type Measure = (totals: Totals, seconds: number, signals: Signals) => number | undefined

const bytes =
  (name: 'bytesToServer' | 'bytesToClient'): Measure =>
  (totals, seconds) =>
    totals.bytesUnknown ? undefined : totals[name] / seconds
const count =
  (name: 'opened' | 'failed' | 'reset' | 'retransmits'): Measure =>
  (totals, seconds) =>
    totals[name] / seconds

const asBytes = (value: number) => formatRate(value, 'B')
const asRate = (value: number) => formatRate(value)

const FIGURES: readonly (readonly [name: string, measure: Measure, format: (value: number) => string])[] = [
  ['Requests', (_, __, signals) => signals?.requestsPerSecond, asRate],
  ['Request errors', (_, __, signals) => signals?.errorShare, formatShare],
  ['Median time', (_, __, signals) => timeOf(signals, 'p50Ns'), formatDurationNs],
  ['p99 time', (_, __, signals) => timeOf(signals, 'p99Ns'), formatDurationNs],
  ['To server', bytes('bytesToServer'), asBytes],
  ['To client', bytes('bytesToClient'), asBytes],
  ['Messages', (totals, seconds) => (totals.messagesToServer + totals.messagesToClient) / seconds, asRate],
  ['Opened', count('opened'), asRate],
  ['Failed', count('failed'), asRate],
  ['Reset', count('reset'), asRate],
  ['Resent', count('retransmits'), asRate],
  ['Round trip', ({ srttUsSum, srttSamples }) => quotient(srttUsSum, srttSamples), formatDurationUs],
  [
    'Connect time',
    ({ connectUsSum, connectSamples }) => quotient(connectUsSum, connectSamples),
    formatDurationUs,
  ],
]

/** The numbers of one edge in A and in B beside each other: per second that holds data, so that they can be compared. */
export function compareEdge({ a, b }: Comparison, id: string): readonly ComparedFigure[] {
  const [edgeA, edgeB] = [a.edgeById.get(id), b.edgeById.get(id)]
  const [totalsA, totalsB] = [edgeA?.source.totals, edgeB?.source.totals]
  return FIGURES.flatMap(([name, measure, format]) => {
    const valueA = totalsA && measure(totalsA, a.seconds, edgeA?.signals)
    const valueB = totalsB && measure(totalsB, b.seconds, edgeB?.signals)
    // What is nothing on both sides says nothing.
    if (!valueA && !valueB) return []
    const text = (value: number | undefined) => (value === undefined ? '–' : format(value))
    const both = valueA !== undefined && valueB !== undefined
    return [{ name, a: text(valueA), b: text(valueB), ratio: both ? ratioOf(valueA / valueB) : '' }]
  })
}

function ratioOf(ratio: number): string {
  if (ratio === Infinity) return 'from none'
  if (ratio === 0) return 'to none'
  const text = ratioText(ratio)
  return text.endsWith(' 1') ? 'same' : text
}

function timeOf(signals: Signals, time: 'p50Ns' | 'p99Ns'): number | undefined {
  return signals && signals.timed > 0 ? signals[time] : undefined
}

function quotient(sum: number, samples: number): number | undefined {
  return samples > 0 ? sum / samples : undefined
}
