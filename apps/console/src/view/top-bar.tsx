import { stream } from '../app/live-data.ts'
import { copyCommand } from '../app/notice.ts'
import { overlay } from '../app/overlays.ts'
import { go, nowMs, view } from '../app/view.ts'
import { commandTwin } from '../model/command-twin.ts'
import { FilterBox } from './filter-box.tsx'
import { Icon } from './icon.tsx'

export function TopBar() {
  return (
    <header class="top">
      <FilterBox />
      <div class="end">
        <StreamBadge />
        {view.value.page !== 'flows' && (
          <button
            class="button plain"
            aria-pressed={view.value.table}
            title="Table of this view (t)"
            onClick={() => go({ table: !view.peek().table })}
          >
            <Icon name="table" />
            {view.value.table ? 'Picture' : 'Table'}
          </button>
        )}
        <button class="button plain" title={`Copy: ${commandTwin(view.value)} (y)`} onClick={copyCommand}>
          <Icon name="command" />
          Copy command
        </button>
        <button
          class="button plain"
          title="Everything (Ctrl K)"
          aria-label="Open the palette"
          onClick={() => (overlay.value = 'palette')}
        >
          <kbd>Ctrl K</kbd>
        </button>
      </div>
    </header>
  )
}

/** Whether what is shown is being fed, in words. */
function StreamBadge() {
  const state = stream.value
  const text =
    state.kind === 'live'
      ? 'Connected'
      : state.kind === 'connecting'
        ? 'Connecting…'
        : state.kind === 'reconnecting'
          ? `Reconnecting in ${Math.max(0, Math.ceil((state.retryAtMs - nowMs.value) / 1000))} s`
          : state.unauthenticated
            ? 'No access'
            : 'Query refused'
  const reason = state.kind === 'reconnecting' || state.kind === 'refused' ? state.reason : ''
  return (
    <span class={`stream ${state.kind}`} role="status" title={reason}>
      <span class="dot" />
      {text}
    </span>
  )
}
