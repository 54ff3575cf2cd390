import { copiedCommand } from '../app/copied-command.ts'
import { status, stream } from '../app/live-data.ts'
import { copyCommand } from '../app/notice.ts'
import { overlay } from '../app/overlays.ts'
import { go, nowMs, view } from '../app/view.ts'
import type { StreamState } from '../model/live-stream.ts'
import type { PageId } from '../model/view-state.ts'
import { FilterBox } from './filter-box.tsx'
import { FindBox } from './find-box.tsx'
import { Icon } from './icon.tsx'

export function TopBar() {
  return (
    <header class="top">
      {hasFind(view.value.page) ? <FindBox /> : <FilterBox />}
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
        <button class="button plain" title={`Copy: ${copiedCommand.value} (y)`} onClick={copyCommand}>
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

/** Pages about one service or process: what is searched for there is a function or a module. */
function hasFind(page: PageId): boolean {
  return page === 'service' || page === 'profiles'
}

/** Whether what is shown is being fed, in words. */
function StreamBadge() {
  const state = stream.value
  const agents = status.value?.agents ?? []
  const away = state.kind === 'live' && agents.length > 0 && !agents.some(({ connected }) => connected)
  const reason =
    state.kind === 'reconnecting' || state.kind === 'refused'
      ? state.reason
      : away
        ? 'The server runs, but no agent tells it anything: what is shown is what was'
        : ''
  return (
    <span class={`stream ${away ? 'reconnecting' : state.kind}`} role="status" title={reason}>
      <span class="dot" />
      {away ? 'Agent away' : streamText(state, nowMs.value)}
    </span>
  )
}

function streamText(state: StreamState, now: number): string {
  switch (state.kind) {
    case 'live':
      return 'Connected'
    case 'connecting':
      return 'Connecting…'
    case 'reconnecting':
      return `Reconnecting in ${Math.max(0, Math.ceil((state.retryAtMs - now) / 1000))} s`
    case 'refused':
      return state.unauthenticated ? 'No access' : 'Query refused'
  }
}
