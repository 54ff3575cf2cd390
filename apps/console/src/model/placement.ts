/** Where nodes stand. Coordinates are of a node's top left corner, pixels at zoom 1. */
export interface Point {
  readonly x: number
  readonly y: number
}

export type Positions = ReadonlyMap<string, Point>

/** What a layout needs to know of a graph. */
export interface Outline {
  readonly nodes: readonly string[]
  readonly links: readonly (readonly [client: string, server: string])[]
}

export const NODE_WIDTH = 172
export const NODE_HEIGHT = 44
export const COLUMN_GAP = 104
export const ROW_GAP = 20
const COLUMN = NODE_WIDTH + COLUMN_GAP
const ROW = NODE_HEIGHT + ROW_GAP

/** With more newcomers than this share, the picture is new anyway and is laid out as a whole. */
const NEW_SHARE_MAX = 0.5

/** Whether the nodes are to be laid out afresh, rather than the new ones set among those that stand. */
export function needsFullLayout(positions: Positions, outline: Outline): boolean {
  const missing = outline.nodes.filter((id) => !positions.has(id)).length
  return missing > 0 && missing > outline.nodes.length * NEW_SHARE_MAX
}

/**
 * Sets nodes without a place beside those that have one: right of their clients, else left of their servers, in the
 * nearest free row. Nodes that stand are not moved, and those that are away keep their place for when they return.
 */
export function placeNewcomers(positions: Positions, outline: Outline): Positions {
  const missing = new Set(outline.nodes.filter((id) => !positions.has(id)))
  if (missing.size === 0) return positions
  const placed = new Map(positions)
  const taken = new Columns(placed.values())
  // Each round seats those with a seated neighbour; who is left stands apart from all and starts a new row below.
  for (let seated = true; missing.size > 0;) {
    if (!seated) {
      const [first] = missing
      const point = { x: taken.left, y: taken.bottom }
      placed.set(first!, point)
      taken.add(point)
      missing.delete(first!)
    }
    seated = false
    for (const id of missing) {
      const clients = outline.links.flatMap(([from, to]) =>
        to === id && placed.has(from) ? [placed.get(from)!] : [],
      )
      const servers = outline.links.flatMap(([from, to]) =>
        from === id && placed.has(to) ? [placed.get(to)!] : [],
      )
      if (clients.length === 0 && servers.length === 0) continue
      const x =
        clients.length > 0
          ? Math.max(...clients.map((point) => point.x)) + COLUMN
          : Math.min(...servers.map((point) => point.x)) - COLUMN
      const neighbours = clients.length > 0 ? clients : servers
      const y = neighbours.reduce((sum, point) => sum + point.y, 0) / neighbours.length
      const point = { x, y: taken.freeRow(x, y) }
      placed.set(id, point)
      taken.add(point)
      missing.delete(id)
      seated = true
    }
  }
  return placed
}

/** Which rows are taken, by column: a new node overlaps none that stands, whatever grid that one is on. */
class Columns {
  readonly #points: Point[] = []
  left = 0
  bottom = 0

  constructor(points: Iterable<Point>) {
    for (const point of points) this.add(point)
  }

  add(point: Point) {
    this.left = this.#points.length === 0 ? point.x : Math.min(this.left, point.x)
    this.bottom = Math.max(this.bottom, point.y + ROW)
    this.#points.push(point)
  }

  freeRow(x: number, wantedY: number): number {
    const rows = this.#points
      .filter((point) => Math.abs(point.x - x) < NODE_WIDTH + 8)
      .map((point) => point.y)
    const isFree = (y: number) => rows.every((row) => Math.abs(row - y) >= ROW)
    // Just below or above any that stands is where the nearest free place must be.
    const candidates = [wantedY, ...rows.flatMap((row) => [row - ROW, row + ROW])].filter(isFree)
    return candidates.reduce((best, y) => (Math.abs(y - wantedY) < Math.abs(best - wantedY) ? y : best))
  }
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The box around the given nodes; one node large where there are none. */
export function boundsOf(points: Iterable<Point>): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const { x, y } of points) {
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x + NODE_WIDTH)
    bottom = Math.max(bottom, y + NODE_HEIGHT)
  }
  return left === Infinity
    ? { x: 0, y: 0, width: NODE_WIDTH, height: NODE_HEIGHT }
    : { x: left, y: top, width: right - left, height: bottom - top }
}
