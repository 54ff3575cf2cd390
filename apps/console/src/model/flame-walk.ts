import { firstFrameAfter, rowCount, rowOf, type FlameLayout } from './flame-layout.ts'

export type FlameStep = 'out' | 'in' | 'previous' | 'next' | 'first'

/** Where a key leads from a frame: to its caller, its widest callee, its neighbours. It stays where there is nothing. */
export function walkFlame(layout: FlameLayout, frame: number, step: FlameStep): number {
  if (rowCount(layout) === 0) return -1
  if (step === 'first' || frame < 0 || frame >= layout.start.length) return 0
  const row = rowOf(layout, frame)
  switch (step) {
    case 'out':
      return layout.parent[frame]! >= 0 ? layout.parent[frame]! : frame
    case 'in':
      return widestChild(layout, frame, row)
    case 'previous':
      return Math.max(frame - 1, layout.rowStart[row]!)
    case 'next':
      return Math.min(frame + 1, layout.rowStart[row + 1]! - 1)
  }
}

/** Frames that are called by one, from left to right. */
export function childFrames(layout: FlameLayout, frame: number): readonly [first: number, end: number] {
  const row = rowOf(layout, frame) + 1
  if (row >= rowCount(layout)) return [0, 0]
  const first = firstFrameAfter(layout, row, layout.start[frame]!)
  let end = first
  while (end < layout.rowStart[row + 1]! && layout.parent[end] === frame) end++
  return [first, end]
}

/** From the outermost caller to the frame itself. */
export function framePath(layout: FlameLayout, frame: number): readonly number[] {
  const path: number[] = []
  for (let at = frame; at >= 0; at = layout.parent[at]!) path.unshift(at)
  return path
}

function widestChild(layout: FlameLayout, frame: number, row: number): number {
  if (row + 1 >= rowCount(layout)) return frame
  const [first, end] = childFrames(layout, frame)
  let widest = frame
  let width = 0
  for (let child = first; child < end; child++)
    if (layout.end[child]! - layout.start[child]! > width) {
      width = layout.end[child]! - layout.start[child]!
      widest = child
    }
  return widest
}
