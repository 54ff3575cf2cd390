import { flameFocus, flameHover, type FlamePoint } from '../app/flame-focus.ts'
import { showFlame } from '../app/flame-view.ts'
import { go, view } from '../app/view.ts'
import type { FunctionRow } from '../model/function-table.ts'
import { changeText, frameFacts, placeText, samplesText, type FrameFacts } from '../model/flame-scene.ts'
import { frameTone, moduleTitle } from '../model/module-tone.ts'
import { ShareMark } from './share-mark.tsx'

interface FlameDetailProps {
  /** The selected function over all its places; undefined where none is selected. */
  readonly selected: FunctionRow | undefined
  readonly weight: number
  readonly frequencyHz: number
}

/** What the pointer or the keyboard is at, or else the selected function: always at the same place. */
export function FlameDetail({ selected, weight, frequencyHz }: FlameDetailProps) {
  const point: FlamePoint | undefined = flameHover.value ?? flameFocus.value
  const facts = point
    ? frameFacts(point.scene, point.frame)
    : selected && factsOf(selected, weight, frequencyHz)
  if (!facts)
    return (
      <div class="flame-detail muted">
        <p>Point at a frame to read it. Click or Enter zooms to it; 0 shows all; the arrow keys walk.</p>
      </div>
    )
  const { source, change } = facts
  return (
    <div class="flame-detail">
      <p class="name">
        <span class={`swatch frame-${frameTone(source)}`} />
        <strong class="mono clip" title={source.name}>
          {source.name}
        </strong>
        {facts.inlined && <span class="muted">inlined</span>}
        {!point && <span class="muted">in all its places</span>}
        {change && <ShareMark change={change} />}
      </p>
      <p class="facts-line">
        {change ? (
          <span>{changeText(change)}</span>
        ) : (
          <>
            <span>Total {samplesText(facts.total, facts.totalShare, facts.cpuSeconds)}</span>
            <span>Self {samplesText(facts.self, facts.selfShare)}</span>
          </>
        )}
        {facts.place !== '' && (
          <span class="mono clip" title={facts.place}>
            {facts.place}
          </span>
        )}
        <span class="clip">Module {moduleTitle(source)}</span>
        {selected && view.value.flame !== 'sandwich' && !view.value.table && (
          <button class="ink-accent push" onClick={() => showFlame('sandwich')} title="Sandwich (3)">
            Callers and callees
          </button>
        )}
        {selected && (
          <button class="ink-accent" onClick={() => go({ item: '' })} title="Let go of it (Esc)">
            Let go of {selected.source.name.length > 30 ? 'it' : selected.source.name}
          </button>
        )}
      </p>
    </div>
  )
}

function factsOf(row: FunctionRow, weight: number, frequencyHz: number): FrameFacts {
  return {
    source: row.source,
    inlined: false,
    self: row.self,
    total: row.total,
    selfShare: weight > 0 ? row.self / weight : 0,
    totalShare: weight > 0 ? row.total / weight : 0,
    cpuSeconds: frequencyHz > 0 ? row.total / frequencyHz : undefined,
    place: placeText(row.source.file, row.line),
    change: undefined,
  }
}
