import { keyAction } from '../model/key-chord.ts'
import { goLive, stepTime, togglePause } from '../model/time-range.ts'
import { toggleComparison } from './compared-map.ts'
import { copyCommand } from './notice.ts'
import { focusFilter, overlay } from './overlays.ts'
import { showFlame } from './flame-view.ts'
import { showRows } from './flow-rows.ts'
import { go, goToPage, view } from './view.ts'

let chordAtMs: number | undefined

/** Keys that work everywhere. Those of the map and of tables are theirs. */
export function startKeyboard() {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented) return
    const target = event.target instanceof Element ? event.target : undefined
    const { time, table, selection, item, page } = view.peek()
    const action = keyAction(event, {
      page,
      chordAtMs,
      nowMs: performance.now(),
      typing: Boolean(target?.closest('input, textarea, select, dialog')),
      onButton: target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement,
    })
    chordAtMs = undefined
    if (!action) return
    event.preventDefault()
    switch (action.kind) {
      case 'palette':
        overlay.value = overlay.peek() === 'palette' ? undefined : 'palette'
        break
      case 'help':
        overlay.value = 'help'
        break
      case 'filter':
        focusFilter()
        break
      case 'page':
        goToPage(action.page)
        break
      case 'step':
        go({ time: stepTime(time, action.direction, Date.now()) })
        break
      case 'pause':
        go({ time: togglePause(time, Date.now()) })
        break
      case 'live':
        go({ time: goLive(time) })
        break
      case 'compare':
        toggleComparison()
        break
      case 'table':
        go({ table: !table })
        break
      case 'flame':
        showFlame(action.flame)
        break
      case 'copy-command':
        copyCommand()
        break
      case 'rows':
        showRows(action.rows)
        break
      case 'up':
        if (overlay.peek()) overlay.value = undefined
        else if (item !== '') go({ item: '' })
        else if (selection !== '') go({ selection: '' })
        else if (target instanceof HTMLElement) target.blur()
        break
      case 'chord':
        chordAtMs = performance.now()
        break
    }
  })
}
