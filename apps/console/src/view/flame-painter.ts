import { formatShare } from '@quadrant/core'
import type { AxisWindow } from '../model/axis-window.ts'
import { firstFrameAfter, rowCount } from '../model/flame-layout.ts'
import type { FlameScene } from '../model/flame-scene.ts'
import { deltaText } from '../model/profile-diff.ts'
import type { FrameInks } from './frame-inks.ts'

export const FRAME_HEIGHT = 18
export const RULER_HEIGHT = 18
/** Frames below this are not drawn, pixels. */
const WIDTH_MIN = 0.5
const TEXT_WIDTH_MIN = 28
const TEXT_PADDING = 4
const TICK_GAP = 110
/** Shares that changed by more are drawn stronger. */
const STRONG_DELTA = 0.05
const DIMMED = 0.32

/** How a scene is looked at. Pixels of the page. */
export interface FlameCamera {
  readonly window: AxisWindow
  readonly width: number
  readonly height: number
  /** Scrolled down by. */
  readonly top: number
  /** The outermost frame is at the bottom: callers stand over what they call. */
  readonly isFlipped: boolean
}

export interface FlameMarks {
  readonly hover: number
  readonly focus: number
  /** Index of the selected function; -1 for none. */
  readonly selected: number
}

/** What the ruler says. */
export interface Axis {
  /** Words of a place. */
  readonly words: (at: number) => string
  /** Ticks stand at round multiples of this; undefined: evenly apart. */
  readonly unit?: number
}

/** Paints what is in sight: row by row, in each from the first frame that reaches into the window. */
export class FlamePainter {
  readonly #context: CanvasRenderingContext2D
  readonly #inks: FrameInks
  readonly #letterWidth: number
  readonly #hatches: { readonly more: CanvasPattern | null; readonly less: CanvasPattern | null }

  constructor(context: CanvasRenderingContext2D, inks: FrameInks) {
    this.#context = context
    this.#inks = inks
    context.font = inks.font
    this.#letterWidth = context.measureText('0000000000').width / 10
    this.#hatches = {
      more: hatch(context, inks.text, 'rising'),
      less: hatch(context, inks.text, 'falling'),
    }
  }

  paint(scene: FlameScene, camera: FlameCamera, marks: FlameMarks, axis: Axis | undefined): void {
    const context = this.#context
    context.fillStyle = this.#inks.ground
    context.globalAlpha = 1
    context.fillRect(0, 0, camera.width, camera.height)
    context.font = this.#inks.font
    context.textBaseline = 'middle'
    const rows = rowCount(scene.layout)
    for (let row = 0; row < rows; row++) {
      const y = rowTop(camera, row)
      if (y < -FRAME_HEIGHT || y > camera.height) continue
      this.#paintRow(scene, camera, marks, row, y)
    }
    this.#outline(scene, camera, marks.hover, 1)
    this.#outline(scene, camera, marks.focus, 2)
    if (axis) this.#paintRuler(camera, axis)
  }

  #paintRow(scene: FlameScene, { window, width }: FlameCamera, marks: FlameMarks, row: number, y: number) {
    const context = this.#context
    const { layout, found, tones, changes, labels } = scene
    const { start, end, func, inlined } = layout
    const scale = width / (window.end - window.start)
    const last = layout.rowStart[row + 1]!
    const inks = this.#inks
    let ink = ''
    let alpha = 1
    for (let frame = firstFrameAfter(layout, row, window.start); frame < last; frame++) {
      if (start[frame]! >= window.end) break
      const frameWidth = (end[frame]! - start[frame]!) * scale
      if (frameWidth < WIDTH_MIN) continue
      const left = Math.max(0, (start[frame]! - window.start) * scale)
      const right = Math.min(width, (end[frame]! - window.start) * scale)
      const drawn = Math.max(WIDTH_MIN, right - left - (frameWidth > 3 ? 1 : 0))
      const index = func[frame]!
      const change = changes?.[frame]
      const wanted = change ? this.#changeInk(change.kind, change.delta) : inks.tones[tones[index]!]
      if (wanted !== ink) context.fillStyle = ink = wanted
      const wantedAlpha = found && !found[index] ? DIMMED : 1
      if (wantedAlpha !== alpha) context.globalAlpha = alpha = wantedAlpha
      context.fillRect(left, y, drawn, FRAME_HEIGHT - 1)
      if (frameWidth < 3) continue
      if (change && change.kind !== 'same') {
        this.#hatch(change.kind, left, y, drawn)
        ink = ''
      }
      if (inlined[frame]) {
        this.#dashes(left, y, drawn)
        ink = ''
      }
      if (index === marks.selected || found?.[index]) {
        context.fillStyle = ink = inks.accent
        context.fillRect(left, y + FRAME_HEIGHT - 3, drawn, 2)
      }
      if (drawn < TEXT_WIDTH_MIN) continue
      const sign =
        change && change.kind !== 'same' ? `${deltaText(change.delta).replace(' points', '')} ` : ''
      const text = this.#fit(`${sign}${labels[index]!}`, drawn - 2 * TEXT_PADDING)
      if (text === '') continue
      context.fillStyle = ink = inks.text
      context.fillText(text, left + TEXT_PADDING, y + FRAME_HEIGHT / 2)
    }
    context.globalAlpha = 1
  }

  #changeInk(kind: 'more' | 'less' | 'same', delta: number): string {
    if (kind === 'same') return this.#inks.same
    return this.#inks[kind][Math.abs(delta) >= STRONG_DELTA ? 1 : 0]
  }

  /** Lines that rise for what is more, and fall for what is less: the colour is not alone. */
  #hatch(kind: 'more' | 'less', x: number, y: number, width: number) {
    const pattern = this.#hatches[kind]
    if (!pattern) return
    const before = this.#context.globalAlpha
    this.#context.globalAlpha = before * 0.16
    this.#context.fillStyle = pattern
    this.#context.fillRect(x, y, width, FRAME_HEIGHT - 1)
    this.#context.globalAlpha = before
  }

  /** A frame that the compiler put into its caller has a dashed upper edge. */
  #dashes(x: number, y: number, width: number) {
    this.#context.fillStyle = this.#inks.muted
    for (let at = 0; at < width; at += 6) this.#context.fillRect(x + at, y, Math.min(3, width - at), 1)
  }

  #fit(text: string, width: number): string {
    const letters = Math.floor(width / this.#letterWidth)
    if (text.length <= letters) return text
    return letters < 3 ? '' : `${text.slice(0, letters - 1)}…`
  }

  #outline({ layout }: FlameScene, camera: FlameCamera, frame: number, thickness: number) {
    const place = framePlace(layout, camera, frame)
    if (!place) return
    this.#context.strokeStyle = this.#inks.text
    this.#context.lineWidth = thickness
    this.#context.strokeRect(place.x + 0.5, place.y + 0.5, Math.max(1, place.width - 1), FRAME_HEIGHT - 2)
  }

  #paintRuler({ window, width }: FlameCamera, { words, unit }: Axis) {
    const context = this.#context
    const { ground, line, muted } = this.#inks
    context.fillStyle = ground
    context.fillRect(0, 0, width, RULER_HEIGHT)
    context.fillStyle = line
    context.fillRect(0, RULER_HEIGHT - 1, width, 1)
    const length = window.end - window.start
    const rough = length / Math.max(1, Math.floor(width / TICK_GAP))
    const step = unit ? roundStep(rough / unit) * unit : rough
    const first = unit ? Math.ceil(window.start / step) * step : window.start
    for (let at = first; at < window.end; at += step) {
      const x = ((at - window.start) / length) * width
      context.fillStyle = line
      context.fillRect(x, RULER_HEIGHT - 5, 1, 5)
      context.fillStyle = muted
      context.fillText(words(at), x + 4, 8)
    }
  }
}

/** The next of 1, 2, 5, 10, 20, … and of their tenths. */
function roundStep(rough: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  return magnitude * (rough <= magnitude ? 1 : rough <= 2 * magnitude ? 2 : rough <= 5 * magnitude ? 5 : 10)
}

/** Where a row begins, from the upper edge of the canvas. */
export function rowTop({ top, height, isFlipped }: FlameCamera, row: number): number {
  return isFlipped ? height - (row + 1) * FRAME_HEIGHT + top : RULER_HEIGHT + row * FRAME_HEIGHT - top
}

export function rowAt({ top, height, isFlipped }: FlameCamera, y: number): number {
  if (isFlipped) return Math.floor((height + top - y) / FRAME_HEIGHT)
  return y < RULER_HEIGHT ? -1 : Math.floor((y - RULER_HEIGHT + top) / FRAME_HEIGHT)
}

/** Where a frame is drawn; undefined for none, and for one that is not in sight. */
function framePlace(layout: FlameScene['layout'], camera: FlameCamera, frame: number) {
  if (frame < 0 || frame >= layout.start.length) return undefined
  const { window, width } = camera
  const scale = width / (window.end - window.start)
  const left = Math.max(0, (layout.start[frame]! - window.start) * scale)
  const right = Math.min(width, (layout.end[frame]! - window.start) * scale)
  if (right <= left) return undefined
  let row = 0
  while (layout.rowStart[row + 1]! <= frame) row++
  return { x: left, y: rowTop(camera, row), width: right - left }
}

/** Shares of the whole, for what is summed up. */
export function shareAxis(whole: number): Axis {
  return whole > 0 ? { words: (at) => formatShare(at / whole), unit: whole / 100 } : { words: () => '' }
}

const HATCH_SIZE = 6

function hatch(context: CanvasRenderingContext2D, ink: string, direction: 'rising' | 'falling') {
  const tile = document.createElement('canvas')
  tile.width = tile.height = HATCH_SIZE
  const pen = tile.getContext('2d')
  if (!pen) return null
  pen.strokeStyle = ink
  pen.lineWidth = 1.5
  for (const offset of [-HATCH_SIZE, 0, HATCH_SIZE]) {
    pen.beginPath()
    pen.moveTo(offset, direction === 'rising' ? HATCH_SIZE : 0)
    pen.lineTo(offset + HATCH_SIZE, direction === 'rising' ? 0 : HATCH_SIZE)
    pen.stroke()
  }
  return context.createPattern(tile, 'repeat')
}
