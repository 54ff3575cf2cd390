import { signal } from '@preact/signals'

/** What lies over the page; at most one. */
export const overlay = signal<'palette' | 'help' | undefined>(undefined)

/** Counts up when the filter box is to take the focus. */
export const filterFocus = signal(0)
