import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { formatBytes, formatCount, formatDurationUs } from '@quadrant/core'
import { type GetEdgeResponse, Protocol } from '@quadrant/proto'
import { timeline, timelineSeconds } from '../app/live-data.ts'
import { paintCount } from '../app/theme.ts'
import { edgeSeries, type PlotSeries } from '../model/edge-series.ts'
import { coverage } from '../model/timeline.ts'
import { useWidth } from './use-size.ts'

export interface SeriesPlotsProps {
  readonly response: GetEdgeResponse
}

const HEIGHT = 88
const CURSORS = uPlot.sync('edge')

/** The series of one edge on one time axis, with one cursor. */
export function SeriesPlots({ response }: SeriesPlotsProps) {
  const { times, rates, connections, latencies } = edgeSeries(
    response,
    coverage(timeline.value, timelineSeconds.value),
  )
  const hasBytes = rates.some(({ values }) => values.some((value) => value !== null && value > 0))
  return (
    <>
      {(hasBytes || !response.edge?.totals?.bytesUnknown) && (
        <Plot title="Bytes a second" times={times} series={rates} format={formatBytes} />
      )}
      <Plot title="Connections a second" times={times} series={connections} format={formatCount} />
      {response.edge?.protocol !== Protocol.UDP && (
        <Plot title="Round trip" times={times} series={latencies} format={formatDurationUs} />
      )}
    </>
  )
}

interface PlotProps {
  readonly title: string
  readonly times: readonly number[]
  readonly series: readonly PlotSeries[]
  readonly format: (value: number) => string
}

function Plot({ title, times, series, format }: PlotProps) {
  const [body, width] = useWidth<HTMLDivElement>()
  const plot = useRef<uPlot>(undefined)
  const data = [times, ...series.map(({ values }) => values)] as uPlot.AlignedData
  const paint = paintCount.value

  useEffect(() => {
    const element = body.current
    if (!element || width === 0) return
    const made = new uPlot(plotOptions(element, width, series, format), data, element)
    plot.current = made
    return () => {
      made.destroy()
      plot.current = undefined
    }
  }, [width, paint, series.length])
  useEffect(() => plot.current?.setData(data), [times, series])

  return (
    <div class="plot">
      <div class="plot-head">
        <span class="title">{title}</span>
        {series.map(({ name, ink, dashed }) => (
          <span key={name} class={`key ${ink}`}>
            <span class={`swatch${dashed ? ' dashed' : ''}`} />
            {name}
          </span>
        ))}
      </div>
      <div class="plot-body" ref={body} role="img" aria-label={describe(title, series, format)} />
    </div>
  )
}

function plotOptions(
  element: HTMLElement,
  width: number,
  series: readonly PlotSeries[],
  format: (value: number) => string,
): uPlot.Options {
  const ink = (name: string) => {
    // A canvas knows no custom properties: the colour is asked of an element that has it.
    const probe = document.createElement('span')
    probe.className = name
    element.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }
  const grid = { stroke: ink('ink-line'), width: 1 }
  const text = {
    stroke: ink('ink-muted'),
    font: `11px ${getComputedStyle(element).fontFamily}`,
    ticks: { show: false },
  }
  return {
    width,
    height: HEIGHT,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: CURSORS.key }, y: false, points: { size: 5 } },
    scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...text, grid: { show: false }, size: 22, gap: 5, space: 70, values: '{HH}:{mm}:{ss}' },
      { ...text, grid, size: 62, gap: 6, space: 26, values: (_plot, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...series.map(({ name, ink: className, dashed }) => ({
        label: name,
        stroke: ink(className),
        width: 1.5,
        points: { show: false },
        ...(dashed ? { dash: [4, 3] } : {}),
      })),
    ],
  }
}

function describe(title: string, series: readonly PlotSeries[], format: (value: number) => string): string {
  const parts = series.map(({ name, values }) => {
    const known = values.filter((value) => value !== null)
    return known.length === 0
      ? `${name}: no data`
      : `${name}: last ${format(known.at(-1)!)}, highest ${format(Math.max(...known))}`
  })
  return `${title}. ${parts.join('; ')}`
}
