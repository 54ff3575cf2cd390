import { formatShare } from '@quadrant/core'
import { modules } from '../app/flame-model.ts'
import { go, view } from '../app/view.ts'
import type { ModuleShare } from '../model/module-shares.ts'

const SHOWN_MAX = 10

/** What the colours of frames mean; while A is compared with B, what the hatching means. */
export function ModuleLegend() {
  const { flame, table, find } = view.value
  if (flame === 'diff' && !table)
    return (
      <div class="frame-legend" role="group" aria-label="Legend">
        <span>
          <span class="swatch share-swatch-more" /> more of the time in A
        </span>
        <span>
          <span class="swatch share-swatch-less" /> less of the time in A
        </span>
        <span>
          <span class="swatch frame-none" /> no change beyond chance
        </span>
        <span>Frames are as wide as their shares of A and B together.</span>
      </div>
    )
  const all = modules.value
  const shown = all.slice(0, SHOWN_MAX)
  return (
    <div class="frame-legend" role="group" aria-label="Modules by their own time">
      {shown.map((each) => (
        <LegendEntry key={each.title} module={each} isPressed={each.name !== '' && find === each.name} />
      ))}
      {all.length > shown.length && <span>and {all.length - shown.length} more</span>}
      <span class="push">
        <span class="swatch frame-none inlined-swatch" /> dashed edge: inlined
      </span>
    </div>
  )
}

function LegendEntry({ module, isPressed }: { readonly module: ModuleShare; readonly isPressed: boolean }) {
  const { name, title, tone, share } = module
  const text = (
    <>
      <span class={`swatch frame-${tone}`} /> {title} <span class="muted">{formatShare(share)}</span>
    </>
  )
  if (name === '') return <span>{text}</span>
  return (
    <button
      aria-pressed={isPressed}
      title={`Find the frames of ${title}`}
      onClick={() => go({ find: isPressed ? '' : name }, { replace: true })}
    >
      {text}
    </button>
  )
}
