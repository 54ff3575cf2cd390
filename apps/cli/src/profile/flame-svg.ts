import { formatShare } from '@quadrant/core'
import { textWidth, truncate } from '../output/width.ts'
import { shortName } from './function-name.ts'
import { flameTree, type FlameNode } from './flame-tree.ts'
import { moduleColour } from './module-colour.ts'
import { moduleShares } from './module-shares.ts'
import { formatSamples } from './sample-time.ts'
import type { Stacks } from './stacks.ts'
import { xmlText } from './xml-text.ts'

const WIDTH = 1200
const MARGIN = 10
const ROW_HEIGHT = 18
const TITLE_HEIGHT = 32
const FONT_PX = 12
/** Of the monospaced fonts that are named in the picture, rounded up. */
const CHARACTER_PX = 7.4
const TEXT_PADDING_PX = 3
/** What is narrower cannot be seen, and makes the file large. */
const FRAME_PX_MIN = 0.3
const FRAMES_MAX = 50_000
const LEGEND_MODULES_MAX = 12

export interface FlameTitle {
  /** Whose, when, how often. */
  readonly title: string
  /** Lines under it: when, how often. */
  readonly lines: readonly string[]
}

/**
 * A flame graph as one SVG file without scripts: callers above what they called, the heaviest to the left, coloured by
 * module. Every frame tells its function, module and shares as its tooltip.
 */
export function flameSvg(stacks: Stacks, { title, lines }: FlameTitle): string {
  const root = flameTree(stacks)
  const total = root.total
  const top = TITLE_HEIGHT + lines.length * ROW_HEIGHT + 4
  const columnsMax = Math.floor((WIDTH - 2 * MARGIN) / CHARACTER_PX)
  const shapes: string[] = []
  let depthMax = 0
  let left = 0
  const scale = total > 0 ? (WIDTH - 2 * MARGIN) / total : 0
  const draw = (node: FlameNode, startSamples: number, depth: number): void => {
    const widthPx = node.total * scale
    if (widthPx < FRAME_PX_MIN || shapes.length >= FRAMES_MAX) {
      left++
      return
    }
    depthMax = Math.max(depthMax, depth)
    shapes.push(frameShape(node, { x: MARGIN + startSamples * scale, y: top + depth * ROW_HEIGHT, widthPx }))
    let at = startSamples
    for (const child of node.children) {
      draw(child, at, depth + 1)
      at += child.total
    }
  }
  draw(root, 0, 0)

  const legend = moduleShares(stacks)
  const legendTop = top + (depthMax + 1) * ROW_HEIGHT + 24
  const shown = legend.slice(0, LEGEND_MODULES_MAX)
  const notes = [
    legend.length > shown.length ? `${legend.length - shown.length} more modules` : '',
    left > 0 ? `${left} frames are too narrow to be drawn` : '',
  ].filter((note) => note !== '')
  const rows = shown.length + notes.length
  const height = legendTop + rows * ROW_HEIGHT + MARGIN
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${FONT_PX}" fill="#1a1a1a">`,
    `<title>${xmlText(title)}</title>`,
    `<desc>${xmlText(lines.join('; '))}</desc>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${MARGIN}" y="22" font-size="15" font-weight="bold">${xmlText(title)}</text>`,
    ...lines.map(
      (line, row) =>
        `<text x="${MARGIN}" y="${TITLE_HEIGHT + row * ROW_HEIGHT + 10}">${xmlText(truncate(line, columnsMax))}</text>`,
    ),
    ...shapes,
    ...shown.map(
      ({ module, frame, samples }, row) =>
        `<rect x="${MARGIN}" y="${legendTop + row * ROW_HEIGHT}" width="12" height="12" fill="${moduleColour(frame)}"/>` +
        `<text x="${MARGIN + 20}" y="${legendTop + row * ROW_HEIGHT + 11}">${xmlText(`${formatShare(samples / total)}  ${module}`)}</text>`,
    ),
    ...notes.map(
      (note, row) =>
        `<text x="${MARGIN + 20}" y="${legendTop + (shown.length + row) * ROW_HEIGHT + 11}">${note}</text>`,
    ),
    '</svg>\n',
  ].join('\n')

  function frameShape(node: FlameNode, place: { x: number; y: number; widthPx: number }): string {
    const name = node.frame?.function ?? 'all'
    const label = fittedName(name, place.widthPx - 2 * TEXT_PADDING_PX)
    const [x, y, width] = [round(place.x), place.y, round(place.widthPx)]
    return (
      `<g><title>${xmlText(describe(name, node))}</title>` +
      `<rect x="${x}" y="${y}" width="${width}" height="${ROW_HEIGHT - 1}" fill="${node.frame ? moduleColour(node.frame) : '#e8e8e8'}" stroke="#ffffff" stroke-width="0.5"/>` +
      (label === ''
        ? ''
        : `<text x="${round(place.x + TEXT_PADDING_PX)}" y="${y + 13}">${xmlText(label)}</text>`) +
      '</g>'
    )
  }

  function describe(name: string, node: FlameNode): string {
    const share = (samples: number) =>
      `${formatShare(samples / total)} (${formatSamples(samples, stacks.frequencyHz)}, ${samples} samples)`
    const file = node.frame?.file
      ? `${node.frame.file}${node.frame.line > 0 ? `:${node.frame.line}` : ''}`
      : ''
    return [
      name,
      node.frame?.module ?? '',
      file,
      share(node.total),
      node.own > 0 && node.own < node.total ? `itself ${share(node.own)}` : '',
    ]
      .filter((part) => part !== '')
      .join(' · ')
  }
}

/** The whole name, without its package's path where that is too long, cut, or nothing where no three characters fit. */
function fittedName(name: string, widthPx: number): string {
  const columns = Math.floor(widthPx / CHARACTER_PX)
  if (columns < 3) return ''
  if (textWidth(name) <= columns) return name
  return truncate(shortName(name), columns)
}

function round(px: number): number {
  return Math.round(px * 100) / 100
}
