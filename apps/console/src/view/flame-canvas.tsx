import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { flameFocus, flameHover } from '../app/flame-focus.ts'
import { isHeld } from '../app/profile-data.ts'
import { paintCount } from '../app/theme.ts'
import { panAxis, revealStretch, zoomAxis, type AxisWindow } from '../model/axis-window.ts'
import { frameAt, rowCount, rowOf } from '../model/flame-layout.ts'
import { describeFrame, type FlameScene } from '../model/flame-scene.ts'
import { walkFlame, type FlameStep } from '../model/flame-walk.ts'
import {
  FRAME_HEIGHT,
  FlamePainter,
  rowAt,
  RULER_HEIGHT,
  type Axis,
  type FlameCamera,
} from './flame-painter.ts'
import { FlameTree } from './flame-tree.tsx'
import { readInks } from './frame-inks.ts'
import { followPointer } from './pointer-drag.ts'
import { useSize } from './use-size.ts'

interface FlameCanvasProps {
  readonly label: string
  readonly scene: FlameScene
  /** Index of the function that stands out; -1 for none. */
  readonly selected: number
  /** Callers over what they call. Default: callees under what calls them. */
  readonly isFlipped?: boolean
  /** Default: no ruler is drawn. */
  readonly axis?: Axis
  readonly onSelect: (func: number) => void
}

const WHEEL_STEP = 0.0022
const KEY_ZOOM = 1.6
const DRAG_MIN = 4
const GLIDE_MS = 140
/** Samples in sight at the least. */
const WINDOW_MIN = 1e-3

const STEPS: Readonly<Record<string, FlameStep>> = {
  ArrowUp: 'out',
  ArrowDown: 'in',
  ArrowLeft: 'previous',
  ArrowRight: 'next',
  Home: 'first',
}
const FLIPPED: Readonly<Record<string, string>> = { ArrowUp: 'ArrowDown', ArrowDown: 'ArrowUp' }

/** A flame graph: painted on a canvas, walked by key, and named frame by frame for who does not see it. */
export function FlameCanvas(props: FlameCanvasProps) {
  const { label, scene, selected, isFlipped = false, axis, onSelect } = props
  const [scroller, size] = useSize<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const whole: AxisWindow = { start: 0, end: Math.max(scene.layout.width, WINDOW_MIN) }
  const window = useRef(whole)
  const painter = useRef<FlamePainter>(undefined)
  const waiting = useRef(0)
  const hover = useRef(-1)
  const hasFocus = useRef(false)
  const focus = useSignal(-1)
  const paint = paintCount.value
  const heightNeeded = rowCount(scene.layout) * FRAME_HEIGHT + RULER_HEIGHT

  const camera = (): FlameCamera => {
    const scrolled = scroller.current?.scrollTop ?? 0
    const most = Math.max(0, heightNeeded - size.height)
    return { window: window.current, ...size, top: isFlipped ? most - scrolled : scrolled, isFlipped }
  }
  const isZoomed = () => window.current.start > whole.start || window.current.end < whole.end
  const hold = () => {
    isHeld.value = hover.current >= 0 || hasFocus.current || isZoomed()
  }
  const repaint = () => {
    if (waiting.current !== 0) return
    waiting.current = requestAnimationFrame(() => {
      waiting.current = 0
      painter.current?.paint(
        latest.current.scene,
        latest.current.camera(),
        { hover: hover.current, focus: focus.peek(), selected: latest.current.selected },
        latest.current.axis,
      )
    })
  }
  const latest = useRef({ scene, camera, selected, axis, whole })
  latest.current = { scene, camera, selected, axis, whole }

  const gliding = useRef(0)
  const look = (next: AxisWindow) => {
    cancelAnimationFrame(gliding.current)
    window.current = next
    hold()
    repaint()
  }
  /** Goes there in a few frames, so that one sees where it went. */
  const glide = (next: AxisWindow) => {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return look(next)
    const from = window.current
    const startedMs = performance.now()
    const move = () => {
      const done = Math.min(1, (performance.now() - startedMs) / GLIDE_MS)
      const eased = 1 - (1 - done) ** 3
      look({
        start: from.start + (next.start - from.start) * eased,
        end: from.end + (next.end - from.end) * eased,
      })
      if (done < 1) gliding.current = requestAnimationFrame(move)
    }
    move()
  }
  const zoomBy = (factor: number, at = (window.current.start + window.current.end) / 2) =>
    look(zoomAxis(window.current, { factor, at, whole, least: WINDOW_MIN }))
  const zoomTo = (frame: number) =>
    glide(frame < 0 ? whole : { start: scene.layout.start[frame]!, end: scene.layout.end[frame]! })

  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!canvas.current || !context || size.width === 0) return
    const ratio = devicePixelRatio || 1
    canvas.current.width = Math.round(size.width * ratio)
    canvas.current.height = Math.round(size.height * ratio)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    painter.current = new FlamePainter(context, readInks(canvas.current.parentElement!))
    repaint()
  }, [size, paint])
  useLayoutEffect(() => {
    window.current = whole
    hover.current = -1
    focus.value = -1
    flameHover.value = undefined
    flameFocus.value = undefined
    if (isFlipped && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight
    hold()
  }, [scene.layout])
  useLayoutEffect(repaint, [scene, selected, size])
  useEffect(
    () => () => {
      cancelAnimationFrame(waiting.current)
      cancelAnimationFrame(gliding.current)
      isHeld.value = false
      flameHover.value = undefined
      flameFocus.value = undefined
    },
    [],
  )

  const frameUnder = ({ clientX, clientY }: { clientX: number; clientY: number }) => {
    const box = canvas.current?.getBoundingClientRect()
    if (!box) return -1
    const { start, end } = window.current
    const at = start + ((clientX - box.left) / box.width) * (end - start)
    return frameAt(scene.layout, rowAt(camera(), clientY - box.top), at)
  }
  const point = (frame: number) => {
    if (frame === hover.current) return
    hover.current = frame
    flameHover.value = frame < 0 ? undefined : { scene, frame }
    hold()
    repaint()
  }
  const stand = (frame: number) => {
    focus.value = frame
    flameFocus.value = frame < 0 ? undefined : { scene, frame }
    if (frame >= 0) {
      const { start, end } = scene.layout
      const stretch = { start: start[frame]!, end: end[frame]! }
      look(revealStretch(window.current, stretch, whole))
      revealRow(rowOf(scene.layout, frame))
    } else hold()
    repaint()
  }
  const revealRow = (row: number) => {
    const element = scroller.current
    if (!element) return
    const y = isFlipped ? element.scrollHeight - (row + 1) * FRAME_HEIGHT : RULER_HEIGHT + row * FRAME_HEIGHT
    const above = isFlipped ? 0 : RULER_HEIGHT
    if (y - above < element.scrollTop) element.scrollTop = y - above
    else if (y + FRAME_HEIGHT > element.scrollTop + element.clientHeight)
      element.scrollTop = y + FRAME_HEIGHT - element.clientHeight
  }

  const wheel = useRef<(event: WheelEvent) => void>(() => undefined)
  wheel.current = (event) => {
    const box = canvas.current?.getBoundingClientRect()
    if (!box) return
    event.preventDefault()
    const { start, end } = window.current
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
    if (event.shiftKey) scroller.current!.scrollTop += (event.deltaY + event.deltaX) * lines
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY))
      look(panAxis(window.current, (event.deltaX * lines * (end - start)) / box.width, whole))
    else
      zoomBy(
        Math.exp(-event.deltaY * lines * WHEEL_STEP),
        start + ((event.clientX - box.left) / box.width) * (end - start),
      )
  }
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    // Preact listens passively to wheels; this one must keep the page from scrolling.
    const onWheel = (event: WheelEvent) => wheel.current(event)
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [])

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0 || event.target !== canvas.current) return
    const from = { x: event.clientX, y: event.clientY, window: window.current }
    const scrolled = scroller.current?.scrollTop ?? 0
    let moved = false
    followPointer(
      (move) => {
        const [dx, dy] = [move.clientX - from.x, move.clientY - from.y]
        if (!moved && Math.hypot(dx, dy) < DRAG_MIN) return
        moved = true
        const scale = (from.window.end - from.window.start) / Math.max(1, size.width)
        look(panAxis(from.window, -dx * scale, whole))
        if (scroller.current) scroller.current.scrollTop = scrolled - dy
      },
      () => {
        if (moved) return
        const frame = frameUnder(event)
        if (frame >= 0) onSelect(scene.layout.func[frame]!)
        focus.value = frame
        flameFocus.value = frame < 0 ? undefined : { scene, frame }
        zoomTo(frame)
      },
    )
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = STEPS[isFlipped ? (FLIPPED[event.key] ?? event.key) : event.key]
    if (step) stand(walkFlame(scene.layout, focus.peek(), step))
    else if (event.key === 'Enter' && focus.peek() >= 0) {
      onSelect(scene.layout.func[focus.peek()]!)
      zoomTo(focus.peek())
    } else if (event.key === '+' || event.key === '=') zoomBy(KEY_ZOOM)
    else if (event.key === '-') zoomBy(1 / KEY_ZOOM)
    else if (event.key === '0') glide(whole)
    else if (event.key === 'Escape' && (focus.peek() >= 0 || isZoomed())) {
      stand(-1)
      glide(whole)
    } else return
    event.preventDefault()
  }

  const named = focus.value
  return (
    <div
      class="flame"
      ref={scroller}
      role="tree"
      aria-label={label}
      aria-activedescendant={named >= 0 ? `frame-${named}` : undefined}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => point(frameUnder(event))}
      onPointerLeave={() => point(-1)}
      onScroll={repaint}
      onKeyDown={onKeyDown}
      onFocus={() => {
        hasFocus.current = true
        if (focus.peek() < 0) stand(scene.layout.start.length > 0 ? 0 : -1)
      }}
      onBlur={() => {
        hasFocus.current = false
        hold()
      }}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <div style={{ height: `${Math.max(0, heightNeeded - size.height)}px` }} />
      <FlameTree scene={scene} frame={named} />
      <div class="unseen" aria-live="polite">
        {named >= 0 && describeFrame(scene, named)}
      </div>
    </div>
  )
}
