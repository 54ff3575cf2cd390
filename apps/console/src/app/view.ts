import { computed, effect, signal } from '@preact/signals'
import { intervalOf } from '../model/time-range.ts'
import {
  formatViewState,
  onPage,
  parseViewState,
  PAGES,
  type PageId,
  type ViewState,
} from '../model/view-state.ts'

const current = signal<ViewState>(parseViewState(location.pathname, location.search))

/** What the address shows. Changed by `go` alone. */
export const view = computed(() => current.value)

/** Milliseconds of the Unix epoch, each second. */
export const nowMs = signal(Date.now())

/** What is shown, by the clock of now. */
export const interval = computed(() => intervalOf(view.value.time, nowMs.value))

export interface GoOptions {
  /** Take the place of the current entry of the history: while typing or dragging. Default: false. */
  readonly replace?: boolean
}

/** Changes a part of the view, and the address with it. */
export function go(change: Partial<ViewState>, options: GoOptions = {}) {
  const next = { ...current.peek(), ...change }
  const before = formatViewState(current.peek())
  const address = formatViewState(next)
  if (address !== before) {
    if (options.replace) history.replaceState(null, '', address)
    else history.pushState(null, '', address)
  }
  current.value = next
}

/** To another page, with what is selected where that page can show it. */
export function goToPage(page: PageId) {
  if (page !== current.peek().page) go(onPage(current.peek(), page))
}

/** The view on another page, changed in some part. */
export function onPageWith(page: PageId, change: Partial<ViewState>): ViewState {
  return { ...onPage(current.peek(), page), ...change }
}

export function startView() {
  history.replaceState(null, '', formatViewState(current.peek()))
  addEventListener('popstate', () => {
    current.value = parseViewState(location.pathname, location.search)
  })
  setInterval(() => (nowMs.value = Date.now()), 1000)
  effect(() => {
    const title = PAGES.find(({ id }) => id === view.value.page)?.title ?? ''
    document.title = `${title} · Quadrant`
  })
}
