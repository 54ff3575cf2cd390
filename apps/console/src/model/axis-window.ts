/** The part of an axis that is in sight, in the axis's own unit. */
export interface AxisWindow {
  readonly start: number
  readonly end: number
}

/** Zooms about a place that stays where it is; never past the whole, never below `least`. */
export function zoomAxis(
  window: AxisWindow,
  { factor, at, whole, least }: { factor: number; at: number; whole: AxisWindow; least: number },
): AxisWindow {
  const length = window.end - window.start
  const next = Math.min(
    Math.max(length / factor, Math.min(least, whole.end - whole.start)),
    whole.end - whole.start,
  )
  const start = at - ((at - window.start) / (length || 1)) * next
  return keepInside({ start, end: start + next }, whole)
}

export function panAxis(window: AxisWindow, by: number, whole: AxisWindow): AxisWindow {
  return keepInside({ start: window.start + by, end: window.end + by }, whole)
}

/** Moves a window back into the whole; one that is longer becomes the whole. */
export function keepInside(window: AxisWindow, whole: AxisWindow): AxisWindow {
  const length = window.end - window.start
  if (length >= whole.end - whole.start) return whole
  if (window.start < whole.start) return { start: whole.start, end: whole.start + length }
  if (window.end > whole.end) return { start: whole.end - length, end: whole.end }
  return window
}

/** Moves as little as is needed to bring a stretch into sight; zooms out where it is longer than the window. */
export function revealStretch(window: AxisWindow, stretch: AxisWindow, whole: AxisWindow): AxisWindow {
  const length = window.end - window.start
  // What is wider than the window is in sight when the window is inside of it.
  if (stretch.end - stretch.start >= length)
    return window.start >= stretch.start && window.end <= stretch.end
      ? window
      : keepInside({ start: stretch.start, end: Math.max(stretch.end, stretch.start + length) }, whole)
  if (stretch.start < window.start) return panAxis(window, stretch.start - window.start, whole)
  if (stretch.end > window.end) return panAxis(window, stretch.end - window.end, whole)
  return window
}
