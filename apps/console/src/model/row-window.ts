export interface RowWindow {
  readonly first: number
  /** One after the last. */
  readonly end: number
}

interface Scrolled {
  /** Pixels above the part in sight. */
  readonly top: number
  /** Pixels in sight. */
  readonly height: number
}

/** Which rows of one height are to be in the document: those in sight, and `overscan` more on either side. */
export function rowWindow(
  { top, height }: Scrolled,
  { count, rowHeight, overscan }: { count: number; rowHeight: number; overscan: number },
): RowWindow {
  const first = Math.floor(top / rowHeight) - overscan
  const end = Math.ceil((top + height) / rowHeight) + overscan
  return { first: Math.min(Math.max(first, 0), count), end: Math.min(Math.max(end, 0), count) }
}

/** How far a table is to be scrolled so that a row is whole in sight under a head that stays; as it is, where it is already. */
export function scrollToRow(
  { top, height }: Scrolled,
  { index, rowHeight, headHeight }: { index: number; rowHeight: number; headHeight: number },
): number {
  const start = index * rowHeight
  if (start < top) return start
  return Math.max(top, start + rowHeight + headHeight - height)
}
