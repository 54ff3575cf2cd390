import { batch, computed, signal } from '@preact/signals'
import type { Interval } from '../model/time-range.ts'

/** The part of the range that the strips of the page show; undefined: all of it. They have one axis. */
export const stripZoom = signal<Interval | undefined>(undefined)
/** Where the pointer stands on it, milliseconds of the Unix epoch; undefined while it is elsewhere. */
export const stripCursorMs = signal<number | undefined>(undefined)
export const stripHasFocus = signal(false)
/** When the world stood still in what is pointed at: drawn through all strips. */
export const stripPauses = signal<readonly Interval[]>([])

/** Somebody reads a strip: while so, what is live does not move under the pointer. */
export const isStripHeld = computed(
  () => stripZoom.value !== undefined || stripCursorMs.value !== undefined || stripHasFocus.value,
)

/** As nobody has looked yet. */
export function releaseStrips() {
  batch(() => {
    stripZoom.value = undefined
    stripCursorMs.value = undefined
    stripHasFocus.value = false
    stripPauses.value = []
  })
}
