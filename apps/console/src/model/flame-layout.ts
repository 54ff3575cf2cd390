import type { CallTree } from './call-tree.ts'
import { gather } from './gather.ts'

/** Frames as they are drawn: columns, row after row and in each row from left to right. Places are in samples. */
export interface FlameLayout {
  /** Frames of row `depth` are those from `rowStart[depth]` to before `rowStart[depth + 1]`. */
  readonly rowStart: Int32Array
  readonly start: Float64Array
  readonly end: Float64Array
  /** Index in the functions of what was laid out. */
  readonly func: Int32Array
  /** The frame that it is called by, above it; -1 in the first row. */
  readonly parent: Int32Array
  readonly inlined: Uint8Array
  readonly line: Uint32Array
  readonly self: Float64Array
  /** Node of the tree, where there is one. */
  readonly node: Int32Array
  readonly width: number
}

/** Lays a tree out with the heaviest child of each frame at its left. */
export function layoutLeftHeavy(tree: CallTree): FlameLayout {
  const count = tree.parent.length
  const { childStart, children } = childrenOf(tree)
  const order = new Int32Array(count)
  const frameParent = new Int32Array(count)
  const start = new Float64Array(count)
  const end = new Float64Array(count)
  const { total } = tree
  const rowStart = [0]
  let rowEnd = 0
  let placed = 0
  // The roots are the children of -1; each row makes the next.
  for (let frame = -1; frame < placed; frame++) {
    if (frame === rowEnd) rowStart.push((rowEnd = placed))
    const node = frame < 0 ? -1 : order[frame]!
    let x = frame < 0 ? 0 : start[frame]!
    for (let i = childStart[node + 1]!; i < childStart[node + 2]!; i++) {
      const child = children[i]!
      order[placed] = child
      frameParent[placed] = frame
      start[placed] = x
      x += total[child]!
      end[placed++] = x
    }
  }
  return {
    rowStart: Int32Array.from(rowStart),
    start,
    end,
    func: gather(tree.func, order),
    parent: frameParent,
    inlined: gather(tree.inlined, order),
    line: gather(tree.line, order),
    self: gather(tree.self, order),
    node: order,
    width: tree.weight,
  }
}

/** Children of node i are `children[childStart[i + 1]]` and on, the heaviest first; those of -1 are the roots. */
function childrenOf(tree: CallTree) {
  const count = tree.parent.length
  const childStart = new Int32Array(count + 2)
  for (let node = 0; node < count; node++) childStart[tree.parent[node]! + 2]!++
  for (let i = 1; i < childStart.length; i++) childStart[i]! += childStart[i - 1]!
  const children = new Int32Array(count)
  const next = childStart.slice()
  for (let node = 0; node < count; node++) children[next[tree.parent[node]! + 1]!++] = node
  const name = (node: number) => tree.functions[tree.func[node]!]!.name
  const isBefore = (a: number, b: number) =>
    tree.total[a]! > tree.total[b]! || (tree.total[a] === tree.total[b] && name(a) < name(b))
  for (let i = 0; i <= count; i++) {
    const from = childStart[i]!
    const to = childStart[i + 1]!
    if (to - from < 2) continue
    if (to - from > SORTED_BY_HAND_MAX)
      children.subarray(from, to).sort((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : a - b))
    else sortFew(children, from, to, isBefore)
  }
  return { childStart, children }
}

/** Most nodes have one child or two: for these the call of a sort costs more than the sorting. */
const SORTED_BY_HAND_MAX = 16

function sortFew(list: Int32Array, from: number, to: number, isBefore: (a: number, b: number) => boolean) {
  for (let i = from + 1; i < to; i++) {
    const item = list[i]!
    let at = i
    while (at > from && isBefore(item, list[at - 1]!)) list[at] = list[--at]!
    list[at] = item
  }
}

export function rowCount(layout: FlameLayout): number {
  return layout.rowStart.length - 1
}

export function rowOf(layout: FlameLayout, frame: number): number {
  let [low, high] = [0, layout.rowStart.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (layout.rowStart[middle]! <= frame) low = middle
    else high = middle - 1
  }
  return low
}

/** The first frame of a row that ends after `at`; the row's end where there is none. */
export function firstFrameAfter(layout: FlameLayout, row: number, at: number): number {
  let [low, high] = [layout.rowStart[row] ?? 0, layout.rowStart[row + 1] ?? 0]
  while (low < high) {
    const middle = (low + high) >> 1
    if (layout.end[middle]! > at) high = middle
    else low = middle + 1
  }
  return low
}

/** The frame of a row that covers `at`; -1 where none does. */
export function frameAt(layout: FlameLayout, row: number, at: number): number {
  if (row < 0 || row >= rowCount(layout)) return -1
  const frame = firstFrameAfter(layout, row, at)
  return frame < layout.rowStart[row + 1]! && layout.start[frame]! <= at ? frame : -1
}
