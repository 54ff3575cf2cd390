import { mapFocus, mapHover, mapLit, selectedId } from '../app/map-focus.ts'
import { go } from '../app/view.ts'
import type { Health } from '../model/map-graph.ts'
import { NODE_HEIGHT, NODE_WIDTH } from '../model/placement.ts'
import { iconShape } from './icon.tsx'

const NAME_LENGTH_MAX = 17
const ADDRESS_LENGTH_MAX = 16
const DETAIL_LENGTH_MAX = 23

interface MapNodeProps {
  readonly id: string
  readonly label: string
  readonly kind: string
  readonly detail: string
  readonly health: Health
  readonly words: string
  readonly x: number
  readonly y: number
  /** The tab key's stop where nothing has had the focus yet. */
  readonly first: boolean
}

// All props are plain values and signals are read within: it is drawn anew only where one of them has changed.
export function MapNodeView({ id, label, kind, detail, health, words, x, y, first }: MapNodeProps) {
  const selected = selectedId.value === id
  const focus = mapFocus.value
  const isStop = focus ? focus.kind === 'node' && focus.id === id : first
  const names = ['map-node', kind, health, selected ? 'selected' : '', mapLit.value?.has(id) ? 'lit' : '']
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
      <text class="name" x="40" y="19">
        {clip(label, kind === 'address' ? ADDRESS_LENGTH_MAX : NAME_LENGTH_MAX)}
      </text>
      <text class="detail" x="40" y="34">
        {clip(detail, DETAIL_LENGTH_MAX)}
      </text>
    </g>
  )
}

/** SVG cuts no text by itself. The middle goes: names of one family differ at their ends. */
function clip(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  const head = Math.ceil((lengthMax - 1) * 0.6)
  return `${text.slice(0, head)}…${text.slice(text.length - (lengthMax - 1 - head))}`
}
