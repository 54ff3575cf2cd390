import { mapFocus, mapLit, selectedId } from '../app/map-focus.ts'
import { go } from '../app/view.ts'
import type { ChangeKind } from '../model/change.ts'
import type { Health } from '../model/map-graph.ts'

/** Signs on the line, on a circle around the origin. */
const BADGES: Readonly<Record<Health | ChangeKind, string>> = {
  worse: 'M0-3.8V.8M0 3.4v.2',
  gone: 'M-3 0H3',
  new: 'M0-3V3M-3 0H3',
  better: 'M-3 .2-.8 2.4 3-2',
  more: 'M0 3.4v-6.6M-2.6-.8 0-3.4 2.6-.8',
  less: 'M0-3.4v6.6M-2.6.8 0 3.4 2.6.8',
  same: '',
  ok: '',
  retransmits: 'M2.8 0a2.8 2.8 0 1 1-.9-2.1M2.9-3.4v1.6H1.3',
  resets: 'M.8-3.6-1.8.4H1L.2 3.6',
  errors: 'M0-3.8V.8M0 3.4v.2',
  failures: 'M-2.3-2.3 2.3 2.3M2.3-2.3-2.3 2.3',
}

interface MapEdgeProps {
  readonly id: string
  readonly health: Health
  /** Drawn in place of its health; undefined while nothing is compared. */
  readonly change: ChangeKind | undefined
  readonly width: number
  /** Label for while the edge is pointed at, where there is no room for it always. */
  readonly onDemand: string | undefined
  readonly words: string
  readonly curve: string
  readonly head: string
  readonly middleX: number
  readonly middleY: number
}

// As with nodes: plain props, drawn anew only where one has changed.
export function MapEdgeView(props: MapEdgeProps) {
  const { id, health, change, width, onDemand, words, curve, head, middleX, middleY } = props
  const key = `edge:${id}`
  const selected = selectedId.value === key
  const focus = mapFocus.value
  const isStop = focus?.kind === 'edge' && focus.id === id
  const sign = change ?? health
  const names = [
    'map-edge',
    change ? `change-${change}` : health,
    selected ? 'selected' : '',
    mapLit.value?.has(key) ? 'lit' : '',
  ]
  return (
    <g
      class={names.filter(Boolean).join(' ')}
      role="button"
      tabIndex={isStop ? 0 : -1}
      aria-label={words}
      aria-pressed={selected}
      data-edge={id}
      onClick={() => go({ selection: selected ? '' : key })}
      onFocus={() => (mapFocus.value = { kind: 'edge', id })}
    >
      <title>{words}</title>
      <path class="hit" d={curve} />
      <path class="curve" d={curve} stroke-width={width} />
      <path class="head" d={head} />
      {BADGES[sign] !== '' && (
        <g class="badge" transform={`translate(${middleX} ${middleY})`}>
          <circle r="7" />
          <path d={BADGES[sign]} />
        </g>
      )}
      {onDemand !== undefined && (
        <text class="label on-demand" x={middleX} y={middleY - 6 - width / 2}>
          {onDemand}
        </text>
      )}
    </g>
  )
}
