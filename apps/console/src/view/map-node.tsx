import { mapFocus, mapHover, mapLit, selectedId } from '../app/map-focus.ts'
import { go } from '../app/view.ts'
import type { ChangeKind } from '../model/change.ts'
import type { Health } from '../model/map-graph.ts'
import { NODE_HEIGHT, NODE_WIDTH } from '../model/placement.ts'
import { fitText } from './fit-text.ts'
import { iconShape } from './icon.tsx'

/** Room for text between the icon and the stripe. */
const TEXT_WIDTH = NODE_WIDTH - 52

interface MapNodeProps {
  readonly id: string
  readonly label: string
  readonly kind: string
  readonly detail: string
  readonly health: Health
  /** Drawn in place of its health; undefined while nothing is compared. */
  readonly change: ChangeKind | undefined
  readonly words: string
  readonly x: number
  readonly y: number
  /** The tab key's stop where nothing has had the focus yet. */
  readonly first: boolean
}

// All props are plain values and signals are read within: it is drawn anew only where one of them has changed.
export function MapNodeView({ id, label, kind, detail, health, change, words, x, y, first }: MapNodeProps) {
  const selected = selectedId.value === id
  const focus = mapFocus.value
  const isStop = focus ? focus.kind === 'node' && focus.id === id : first
  const names = [
    'map-node',
    kind,
    change ? `change-${change}` : health,
    selected ? 'selected' : '',
    mapLit.value?.has(id) ? 'lit' : '',
  ]
  return (
    <g
      class={names.filter(Boolean).join(' ')}
      role="button"
      tabIndex={isStop ? 0 : -1}
      aria-label={words}
      aria-pressed={selected}
      data-node={id}
      transform={`translate(${x} ${y})`}
      onClick={() => go({ selection: selected ? '' : id })}
      onFocus={() => (mapFocus.value = { kind: 'node', id })}
      onPointerEnter={() => (mapHover.value = id)}
      onPointerLeave={() => (mapHover.value = '')}
    >
      <title>{`${label}\n${detail}`}</title>
      <rect class="box" width={NODE_WIDTH} height={NODE_HEIGHT} rx="7" />
      <path class="stripe" d={`M${NODE_WIDTH - 4} 8h0a2 2 0 0 1 2 2v${NODE_HEIGHT - 20}a2 2 0 0 1-2 2h0z`} />
      <path class="kind" d={iconShape(kind)} transform="translate(13 14)" />
      {change && change !== 'same' && (
        <g class="sign" transform={`translate(${NODE_WIDTH - 9} -8)`}>
          <circle cx="8" cy="8" r="8" />
          <path d={iconShape(change)} transform="translate(2.4 2.4) scale(.7)" />
        </g>
      )}
      <text class="name" x="40" y="19">
        {fitText(label, kind === 'address' ? '12px mono' : '600 13px sans', TEXT_WIDTH)}
      </text>
      <text class="detail" x="40" y="34">
        {fitText(detail, '11px sans', TEXT_WIDTH, 'end')}
      </text>
    </g>
  )
}
