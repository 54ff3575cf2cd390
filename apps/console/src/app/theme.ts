import { effect, signal } from '@preact/signals'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'quadrant.theme'

export const theme = signal<Theme>(readTheme())

/** Counts up whenever colours change, for what paints by itself. */
export const paintCount = signal(0)

export function startTheme() {
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme.value
    paintCount.value = paintCount.peek() + 1
    try {
      localStorage.setItem(KEY, theme.value)
    } catch {
      // Storage is forbidden: the choice then lives as long as the page.
    }
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => paintCount.value++)
}

function readTheme(): Theme {
  try {
    return THEMES.find((value) => value === localStorage.getItem(KEY)) ?? 'system'
  } catch {
    return 'system'
  }
}
