import { useEffect, useMemo, useRef } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { mapFocus, mapLit } from '../app/map-focus.ts'
import { comparison } from '../app/live-data.ts'
import { positions, tidyMap } from '../app/map-positions.ts'
import { go, view } from '../app/view.ts'
import { CAMERA_HOME, fitCamera, reveal, zoomAt, type Camera } from '../model/camera.ts'
import { changedWords } from '../model/change.ts'
import { drawEdges, edgeText } from '../model/edge-drawing.ts'
import { describeNode, type MapGraph } from '../model/map-graph.ts'
import { walkMap, readingOrder, type MapFocus, type WalkKey } from '../model/map-walk.ts'
import { boundsOf, NODE_HEIGHT, NODE_WIDTH, type Box, type Positions } from '../model/placement.ts'
import { Icon } from './icon.tsx'
import { MapEdgeView } from './map-edge.tsx'
import { MapLegend } from './map-legend.tsx'
import { MapNodeView } from './map-node.tsx'
import { followPointer } from './pointer-drag.ts'
import { useSize } from './use-size.ts'

/** Beside a panel the map is not made smaller than this to show it whole. */
const READABLE_SCALE = 0.85
const WHEEL_STEP = 0.0016
const KEY_ZOOM = 1.25

const WALK_KEYS: ReadonlySet<string> = new Set([
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
])

export function MapCanvas({ graph, stale }: { readonly graph: MapGraph; readonly stale: boolean }) {
  const [viewport, size] = useSize<HTMLDivElement>()
  const world = useRef<SVGGElement>(null)
  const camera = useRef<Camera>(CAMERA_HOME)
  /** Until someone moves the map, it fits itself. */
  const fitted = useRef(true)
  const dragging = useSignal(false)
  const places = positions.value

  const look = (next: Camera) => {
    camera.current = next
    // Set past the virtual document: moving the map changes nothing else.
    world.current?.setAttribute('transform', `translate(${next.x} ${next.y}) scale(${next.scale})`)
  }
  const shown = graph.nodes.flatMap(({ id }) => places.get(id) ?? [])
  const bounds = boundsOf(shown)
  const fit = () => {
    fitted.current = true
    look(fitCamera(bounds, size))
  }
  const zoom = (factor: number) => {
    fitted.current = false
    look(zoomAt(camera.current, factor, { x: size.width / 2, y: size.height / 2 }))
  }
  /** A node with those it talks to, if they fit beside the panel; else the thing itself. */
  const boxAround = (focus: MapFocus, widthMax: number): Box | undefined => {
    const near = graph.edges.filter(({ client, server }) => client === focus.id || server === focus.id)
    const points = near.flatMap(({ client, server }) =>
      [places.get(client) ?? [], places.get(server) ?? []].flat(),
    )
    const box = focus.kind === 'node' && points.length > 0 ? boundsOf(points) : undefined
    return box && box.width + NODE_WIDTH / 2 < widthMax ? box : boxOf(focus, graph, places)
  }
  const { selection } = view.value
  const seen = useRef<Box>(undefined)
  useEffect(() => {
    if (size.width === 0 || shown.length === 0 || !fitted.current) return
    const isNew = !seen.current || !sameBox(seen.current, bounds)
    seen.current = bounds
    const box =
      selection === '' ? undefined : boxAround(toFocus(selection), size.width / camera.current.scale)
    if (!box) look(fitCamera(bounds, size))
    // Where a panel has taken room, what it is about comes into sight, and all else stays where it was.
    else look(reveal(isNew ? fitCamera(bounds, size, READABLE_SCALE) : camera.current, box, size))
  }, [size, bounds.x, bounds.y, bounds.width, bounds.height, selection === ''])

  useEffect(() => {
    const element = viewport.current
    if (!element) return
    // Preact listens passively to wheels; this one must keep the page from scrolling.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      const box = element.getBoundingClientRect()
      fitted.current = false
      if (event.shiftKey) look({ ...camera.current, x: camera.current.x - event.deltaY })
      else {
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
        const factor = Math.exp(-event.deltaY * lines * WHEEL_STEP)
        look(zoomAt(camera.current, factor, { x: event.clientX - box.left, y: event.clientY - box.top }))
      }
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [])

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    const start = { x: event.clientX, y: event.clientY, camera: camera.current }
    const onBackground =
      event.target instanceof Element && event.target.closest('[data-node], [data-edge], button') === null
    let moved = false
    const onMove = (move: PointerEvent) => {
      const [dx, dy] = [move.clientX - start.x, move.clientY - start.y]
      if (!moved && Math.hypot(dx, dy) < 4) return
      moved = true
      dragging.value = true
      fitted.current = false
      look({ ...start.camera, x: start.camera.x + dx, y: start.camera.y + dy })
    }
    followPointer(onMove, () => {
      dragging.value = false
      if (!moved && onBackground) go({ selection: '' })
      // The click that ends a drag selects nothing.
      if (moved) addEventListener('click', (click) => click.stopPropagation(), { capture: true, once: true })
    })
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (WALK_KEYS.has(event.key)) {
      event.preventDefault()
      const next = walkMap(graph, places, mapFocus.peek(), event.key as WalkKey)
      if (next) step(next)
    } else if (event.key === 'Enter') {
      const focus = mapFocus.peek()
      if (focus) go({ selection: focus.kind === 'edge' ? `edge:${focus.id}` : focus.id })
    } else if (event.key === '+' || event.key === '=') zoom(KEY_ZOOM)
    else if (event.key === '-') zoom(1 / KEY_ZOOM)
    else if (event.key === '0') fit()
  }
  const step = (focus: MapFocus) => {
    mapFocus.value = focus
    const attribute = focus.kind === 'node' ? 'data-node' : 'data-edge'
    viewport.current
      ?.querySelector<SVGElement>(`[${attribute}="${CSS.escape(focus.id)}"]`)
      ?.focus({ preventScroll: true })
    const box = boxOf(focus, graph, places)
    if (box) look(reveal(camera.current, box, size))
  }

  const compared = comparison.value
  const drawn = useMemo(() => drawEdges(graph, places, compared?.edges), [graph, places, compared])
  const first = readingOrder(graph, places)[0]
  return (
    <div
      class={`map-viewport${dragging.value ? ' dragging' : ''}${stale ? ' stale' : ''}${mapLit.value ? ' dimming' : ''}`}
      ref={viewport}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    >
      <svg
        class="map-canvas"
        role="group"
        aria-label={`Map: ${graph.nodes.length} nodes, ${graph.edges.length} edges`}
      >
        <g class="map-world" ref={world}>
          {drawn.map(({ edge, curve, head, middle, label, words, change }) => (
            <MapEdgeView
              key={edge.id}
              id={edge.id}
              health={edge.health}
              change={change?.kind}
              width={edge.width}
              onDemand={label ? undefined : edgeText(edge, change)}
              words={words}
              curve={curve}
              head={head}
              middleX={middle.x}
              middleY={middle.y}
            />
          ))}
          <g class="map-labels" aria-hidden="true">
            {drawn.map(
              ({ edge, label }) =>
                label && (
                  <text
                    key={edge.id}
                    class={mapLit.value?.has(`edge:${edge.id}`) ? 'lit' : ''}
                    x={label.x}
                    y={label.y}
                  >
                    {label.text}
                  </text>
                ),
            )}
          </g>
          {graph.nodes.map((node) => {
            const place = places.get(node.id)
            const change = compared?.nodes.get(node.id)
            return (
              place && (
                <MapNodeView
                  key={node.id}
                  id={node.id}
                  label={node.label}
                  kind={node.kind}
                  detail={change && change.kind !== 'same' ? change.words : node.detail}
                  health={node.health}
                  change={change?.kind}
                  words={changedWords(describeNode(node), change)}
                  x={place.x}
                  y={place.y}
                  first={node.id === first}
                />
              )
            )
          })}
        </g>
      </svg>
      <MapLegend graph={graph} changes={compared?.edges} />
      <div class="map-tools" role="group" aria-label="View of the map">
        <button title="Zoom in (+)" aria-label="Zoom in" onClick={() => zoom(KEY_ZOOM)}>
          <Icon name="plus" />
        </button>
        <button title="Zoom out (−)" aria-label="Zoom out" onClick={() => zoom(1 / KEY_ZOOM)}>
          <Icon name="minus" />
        </button>
        <button title="Fit (0)" aria-label="Fit the whole map" onClick={fit}>
          <Icon name="fit" />
        </button>
        <button
          title="Arrange anew"
          aria-label="Arrange the map anew"
          onClick={() => {
            fitted.current = true
            tidyMap()
          }}
        >
          <Icon name="tidy" />
        </button>
      </div>
    </div>
  )
}

function sameBox(a: Box, b: Box): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height
}

function toFocus(selection: string): MapFocus {
  return selection.startsWith('edge:')
    ? { kind: 'edge', id: selection.slice(5) }
    : { kind: 'node', id: selection }
}

function boxOf(focus: MapFocus, graph: MapGraph, places: Positions): Box | undefined {
  const ids =
    focus.kind === 'node'
      ? [focus.id]
      : [graph.edgeById.get(focus.id)?.client, graph.edgeById.get(focus.id)?.server]
  const points = ids.flatMap((id) => (id === undefined ? [] : (places.get(id) ?? [])))
  if (points.length === 0) return undefined
  return points.length === 1 ? { ...points[0]!, width: NODE_WIDTH, height: NODE_HEIGHT } : boundsOf(points)
}
