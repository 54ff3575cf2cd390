import { COLUMN_GAP, NODE_HEIGHT, NODE_WIDTH, type Point } from './placement.ts'

/** How an edge is drawn: a curve that leaves and arrives level, goes round the nodes between, and the head where it ends. */
export interface EdgePath {
  readonly curve: string
  readonly head: string
  /** Places along the curve where its label may stand, best first. */
  readonly spots: readonly Point[]
}

export interface EdgeSlot {
  /** Place among the edges of the same two nodes: they are fanned out so that none hides another. */
  readonly slot: number
  readonly slots: number
}

const HEAD_LENGTH = 9
const HEAD_HALF = 4.5
const FAN_GAP = 11
const FAN_MAX = NODE_HEIGHT / 2 - 5
/** Room between a line and a node that it passes. */
const CLEARANCE = 9
/** Curves of loops reach three quarters of it: less than the gap between rows. */
const LOOP_RISE = 22
const LOOP_PITCH = 44
const SPOTS = [0.5, 0.36, 0.64, 0.24, 0.76]

export function edgePath(
  client: Point,
  server: Point,
  { slot, slots }: EdgeSlot,
  nodes: Iterable<Point> = [],
): EdgePath {
  if (client === server) return loopPath(client, { slot, slots })
  const fan = slots === 1 ? 0 : (slot - (slots - 1) / 2) * Math.min(FAN_GAP, (2 * FAN_MAX) / (slots - 1))
  const from = client.y + NODE_HEIGHT / 2 + fan
  const to = server.y + NODE_HEIGHT / 2 + fan
  if (Math.abs(server.x - client.x) < NODE_WIDTH) return sidePath(client, server, from, to, fan)
  const direction = server.x > client.x ? 1 : -1
  const start = { x: direction === 1 ? client.x + NODE_WIDTH : client.x, y: from }
  const tip = { x: direction === 1 ? server.x : server.x + NODE_WIDTH, y: to }
  const end = { x: tip.x - direction * HEAD_LENGTH, y: to }
  const bends = waypoints(start, end, direction, fan, nodes)
  const points = [start, ...bends, end]
  let curve = `M${start.x} ${start.y}`
  const spots: Point[] = []
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [a, b] = [points[i]!, points[i + 1]!]
    const bend = Math.max(28, Math.abs(b.x - a.x) * 0.45) * direction
    curve += `C${a.x + bend} ${a.y} ${b.x - bend} ${b.y} ${b.x} ${b.y}`
    const next = points[i + 2]
    if (next) curve += `H${next.x}`
    spots.push(...SPOTS.map((t) => bezier(a, { x: a.x + bend, y: a.y }, { x: b.x - bend, y: b.y }, b, t)))
  }
  return { curve, head: arrowHead(tip, direction), spots }
}

/** Where the edge crosses the columns between its ends: for each the two points at which it is level, in a gap. */
function waypoints(
  start: Point,
  end: Point,
  direction: 1 | -1,
  fan: number,
  nodes: Iterable<Point>,
): Point[] {
  const [low, high] = direction === 1 ? [start.x, end.x] : [end.x, start.x]
  const columns = new Map<number, number[]>()
  for (const { x, y } of nodes) {
    if (x < low + COLUMN_GAP / 4 || x + NODE_WIDTH > high - COLUMN_GAP / 4) continue
    const key = Math.round(x)
    columns.set(key, [...(columns.get(key) ?? []), y])
  }
  const ordered = [...columns].sort(([a], [b]) => (a - b) * direction)
  const bends: Point[] = []
  let y = start.y
  for (const [x, rows] of ordered) {
    const middle = x + NODE_WIDTH / 2
    const [near, far] =
      direction === 1
        ? [x - CLEARANCE, x + NODE_WIDTH + CLEARANCE]
        : [x + NODE_WIDTH + CLEARANCE, x - CLEARANCE]
    const straight =
      y + ((end.y - y) * (middle - (bends.at(-1)?.x ?? start.x))) / (end.x - (bends.at(-1)?.x ?? start.x))
    y = nearestGap(straight, rows, fan)
    bends.push({ x: near, y }, { x: far, y })
  }
  return bends
}

/** The height nearest to the wanted one at which no node of a column stands. */
function nearestGap(wanted: number, rows: readonly number[], fan: number): number {
  const isFree = (y: number) =>
    rows.every((top) => y <= top - CLEARANCE + 0.01 || y >= top + NODE_HEIGHT + CLEARANCE - 0.01)
  const shift = fan / 3
  const candidates = [
    wanted,
    ...rows.flatMap((top) => [top - CLEARANCE, top + NODE_HEIGHT + CLEARANCE]),
  ].filter(isFree)
  const best = candidates.reduce(
    (near, y) => (Math.abs(y - wanted) < Math.abs(near - wanted) ? y : near),
    candidates[0] ?? wanted,
  )
  return Math.round((best + shift) * 10) / 10
}

/** One node above the other: out at the right, and in again at the right. */
function sidePath(client: Point, server: Point, from: number, to: number, fan: number): EdgePath {
  const x1 = client.x + NODE_WIDTH
  const tip = { x: server.x + NODE_WIDTH, y: to }
  const end = { x: tip.x + HEAD_LENGTH, y: to }
  const bulge = Math.max(x1, tip.x) + 44 + Math.abs(fan)
  const at = (t: number) => bezier({ x: x1, y: from }, { x: bulge, y: from }, { x: bulge, y: to }, end, t)
  return {
    curve: `M${x1} ${from}C${bulge} ${from} ${bulge} ${to} ${end.x} ${end.y}`,
    head: arrowHead(tip, -1),
    spots: SPOTS.map(at),
  }
}

/** A node that talks to itself: small ears above it, side by side, so that they stay clear of the node above. */
function loopPath({ x, y }: Point, { slot, slots }: EdgeSlot): EdgePath {
  const pitch = Math.min(LOOP_PITCH, (NODE_WIDTH - 24) / slots)
  const middle = x + NODE_WIDTH / 2 + (slot - (slots - 1) / 2) * pitch
  const half = Math.min(16, pitch * 0.36)
  const [from, to] = [middle + half, middle - half]
  const rise = y - LOOP_RISE
  return {
    curve: `M${from} ${y}C${from + half * 0.75} ${rise} ${to - half * 0.75} ${rise} ${to} ${y - HEAD_LENGTH}`,
    head: `M${to} ${y}l${-HEAD_HALF} ${-HEAD_LENGTH}h${HEAD_HALF * 2}z`,
    // A cubic curve reaches three quarters of the way to its controls.
    // The second one is above the signs of its neighbours.
    spots: [LOOP_RISE * 0.75 + 2, LOOP_RISE + 10].map((above) => ({ x: middle, y: y - above })),
  }
}

function arrowHead({ x, y }: Point, direction: number): string {
  return `M${x} ${y}l${-HEAD_LENGTH * direction} ${-HEAD_HALF}v${HEAD_HALF * 2}z`
}

function bezier(a: Point, b: Point, c: Point, d: Point, t: number): Point {
  const u = 1 - t
  const mix = (p: number, q: number, r: number, s: number) =>
    u * u * u * p + 3 * u * u * t * q + 3 * u * t * t * r + t * t * t * s
  return { x: mix(a.x, b.x, c.x, d.x), y: mix(a.y, b.y, c.y, d.y) }
}
