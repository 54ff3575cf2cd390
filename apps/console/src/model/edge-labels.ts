import { NODE_HEIGHT, NODE_WIDTH, type Box, type Point } from './placement.ts'

export interface LabelWish {
  readonly id: string
  readonly text: string
  /** Best first; the label stands in the middle of one of them. */
  readonly spots: readonly Point[]
}

export interface LabelPlace extends Point {
  /** It covers another label or a node wherever it stands: to be shown on demand only. */
  readonly crowded: boolean
}

const LETTER_WIDTH = 6.2
/** Of spaces, points and slashes. */
const NARROW_WIDTH = 3.1
const HEIGHT = 15
const SIGN_HALF = 8

/** Gives each label the first of its spots where it covers no node, no sign of an edge and no label before it. */
export function placeLabels(
  wishes: readonly LabelWish[],
  nodes: Iterable<Point>,
  signs: Iterable<Point> = [],
): ReadonlyMap<string, LabelPlace> {
  const taken: Box[] = [...nodes].map(({ x, y }) => ({ x, y, width: NODE_WIDTH, height: NODE_HEIGHT }))
  for (const { x, y } of signs)
    taken.push({ x: x - SIGN_HALF, y: y - SIGN_HALF, width: 2 * SIGN_HALF, height: 2 * SIGN_HALF })
  const places = new Map<string, LabelPlace>()
  for (const { id, text, spots } of wishes) {
    const narrow = text.replace(/[^ ./]/g, '').length
    const width = (text.length - narrow) * LETTER_WIDTH + narrow * NARROW_WIDTH + 6
    const boxAt = ({ x, y }: Point): Box => ({ x: x - width / 2, y: y - HEIGHT, width, height: HEIGHT })
    const spot = spots.find((point) => taken.every((box) => !overlap(box, boxAt(point))))
    const place = spot ?? spots[0]
    if (!place) continue
    places.set(id, { ...place, crowded: spot === undefined })
    if (spot) taken.push(boxAt(spot))
  }
  return places
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}
