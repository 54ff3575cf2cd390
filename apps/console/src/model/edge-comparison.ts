import { formatDurationUs, formatRate } from '@quadrant/core'
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
/** Its value over so many seconds; undefined: not known. */
type Measure = (totals: Totals, seconds: number) => number | undefined

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
  const totalsA = a.edgeById.get(id)?.source.totals
  const totalsB = b.edgeById.get(id)?.source.totals
  return FIGURES.flatMap(([name, measure, format]) => {
    const valueA = totalsA && measure(totalsA, a.seconds)
    const valueB = totalsB && measure(totalsB, b.seconds)
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

function quotient(sum: number, samples: number): number | undefined {
  return samples > 0 ? sum / samples : undefined
}
