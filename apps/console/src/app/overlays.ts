import { signal } from '@preact/signals'

/** What lies over the page; at most one. */
export const overlay = signal<'palette' | 'help' | undefined>(undefined)

/** The filter's field, while it is on the page. */
export const filterField = signal<HTMLInputElement | null>(null)

/** At once: the next letters are to fall into it already. */
export function focusFilter() {
  filterField.peek()?.focus()
}
