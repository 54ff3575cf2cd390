import {
  FLAME_VIEWS,
  FLOW_ROWS,
  PAGES,
  type FlameViewId,
  type FlowRowsId,
  type PageId,
} from './view-state.ts'

/** What a key does, wherever no text is being typed. */
export type KeyAction =
  | { readonly kind: 'palette' }
  | { readonly kind: 'filter' }
  | { readonly kind: 'help' }
  | { readonly kind: 'page'; readonly page: PageId }
  | { readonly kind: 'step'; readonly direction: -1 | 1 }
  | { readonly kind: 'pause' }
  | { readonly kind: 'live' }
  | { readonly kind: 'compare' }
  | { readonly kind: 'up' }
  | { readonly kind: 'table' }
  | { readonly kind: 'copy-command' }
  | { readonly kind: 'flame'; readonly flame: FlameViewId }
  | { readonly kind: 'rows'; readonly rows: FlowRowsId }
  | { readonly kind: 'chord' }

export interface KeyPress {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}

/** A `g` waits so long for its letter, milliseconds. */
export const CHORD_MS = 1500

export interface KeyContext {
  readonly page: PageId
  /** When `g` was pressed, if it was the key before this one. */
  readonly chordAtMs: number | undefined
  readonly nowMs: number
  /** Letters are text now: an input has the focus. */
  readonly typing: boolean
  /** Space presses the button that has the focus. */
  readonly onButton: boolean
}

export function keyAction(press: KeyPress, context: KeyContext): KeyAction | undefined {
  const { key } = press
  if (key.toLowerCase() === 'k' && (press.ctrlKey || press.metaKey)) return { kind: 'palette' }
  if (press.ctrlKey || press.metaKey || press.altKey) return undefined
  if (key === 'Escape') return { kind: 'up' }
  if (context.typing) return undefined
  if (context.chordAtMs !== undefined && context.nowMs - context.chordAtMs <= CHORD_MS) {
    const page = PAGES.find((entry) => entry.key === key)
    if (page) return { kind: 'page', page: page.id }
  }
  const flame = context.page === 'profiles' ? FLAME_VIEWS[Number(key) - 1] : undefined
  if (flame) return { kind: 'flame', flame: flame.id }
  const rows = context.page === 'flows' ? FLOW_ROWS[Number(key) - 1] : undefined
  if (rows) return { kind: 'rows', rows: rows.id }
  switch (key) {
    case '/':
      return { kind: 'filter' }
    case '?':
      return { kind: 'help' }
    case 'g':
      return { kind: 'chord' }
    case '[':
      return { kind: 'step', direction: -1 }
    case ']':
      return { kind: 'step', direction: 1 }
    case ' ':
      return context.onButton ? undefined : { kind: 'pause' }
    case '.':
      return { kind: 'live' }
    case 'c':
      return { kind: 'compare' }
    case 't':
      return { kind: 'table' }
    case 'y':
      return { kind: 'copy-command' }
    default:
      return undefined
  }
}

/** For the help: what the keys do. */
export const KEY_HELP: readonly (readonly [keys: string, what: string])[] = [
  ['Ctrl K', 'Everything: pages, services, commands'],
  ['/', 'Filter'],
  ...PAGES.map(({ key, title }) => [`g ${key}`, title] as const),
  ['[ ]', 'Step time back, forward'],
  ['Space', 'Pause, resume'],
  ['.', 'Live'],
  ['c', 'Compare with the time before: A with B'],
  ['← →', 'Along edges, frames and collections; on a handle of the time bar, move it'],
  ['↑ ↓', 'To the next node, edge or row'],
  ['Enter', 'Open what has the focus'],
  ['+ − 0', 'Zoom in, out, fit'],
  ['1 2 3 4', `Profiles: ${FLAME_VIEWS.map(({ title }) => title.toLowerCase()).join(', ')}`],
  ['1 2', `Flows: ${FLOW_ROWS.map(({ title }) => title.toLowerCase()).join(', ')}`],
  ['t', 'Table of this view'],
  ['y', 'Copy the command that gives the same rows'],
  ['Esc', 'Close, up'],
]
