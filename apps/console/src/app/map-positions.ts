import { effect, signal } from '@preact/signals'
import type { MapGraph } from '../model/map-graph.ts'
import {
  needsFullLayout,
  placeNewcomers,
  type Outline,
  type Point,
  type Positions,
} from '../model/placement.ts'
import type { LevelName } from '../model/view-state.ts'
import { graph } from './live-data.ts'
import { view } from './view.ts'

/** Where the nodes of the current level stand. A node keeps its place while it is away. */
export const positions = signal<Positions>(new Map())

/** More places than this are not kept over a reload. */
const KEPT_MAX = 2000

let level: LevelName | undefined
let worker: Worker | undefined
let request = 0
let running = false

export function startMapPositions() {
  effect(() => {
    const wanted = view.value.level
    if (wanted === level) return
    level = wanted
    running = false
    request++
    positions.value = readKept(wanted)
  })
  effect(() => {
    const current = graph.value
    if (current && current.nodes.length > 0 && !running && nodesAreOf(current, view.value.level))
      settle(current)
  })
}

/** Lays everything out anew, for when the picture has grown crooked. */
export function tidyMap() {
  const current = graph.peek()
  if (current) askWorker(outlineOf(current))
}

function settle(current: MapGraph) {
  const outline = outlineOf(current)
  const before = positions.peek()
  if (needsFullLayout(before, outline)) askWorker(outline)
  else keep(placeNewcomers(before, outline))
}

function askWorker(outline: Outline) {
  worker ??= startWorker()
  running = true
  worker.postMessage({ request: ++request, outline })
}

function startWorker(): Worker {
  const started = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' })
  started.addEventListener(
    'message',
    ({ data }: MessageEvent<{ request: number; points: [string, Point][] }>) => {
      if (data.request !== request) return
      running = false
      const answered = new Map(data.points)
      // Those that came while the worker was at it find their place among the others.
      const current = graph.peek()
      keep(current ? placeNewcomers(answered, outlineOf(current)) : answered)
    },
  )
  return started
}

function keep(next: Positions) {
  if (next === positions.peek()) return
  positions.value = next
  if (!level || next.size > KEPT_MAX) return
  try {
    localStorage.setItem(storageKey(level), JSON.stringify([...next].map(([id, { x, y }]) => [id, x, y])))
  } catch {
    // Storage is full or forbidden: places then live as long as the page.
  }
}

function readKept(of: LevelName): Positions {
  try {
    const rows: unknown = JSON.parse(localStorage.getItem(storageKey(of)) ?? '[]')
    if (!Array.isArray(rows)) return new Map()
    return new Map(
      rows
        .filter(
          (row): row is [string, number, number] =>
            Array.isArray(row) &&
            typeof row[0] === 'string' &&
            Number.isFinite(row[1]) &&
            Number.isFinite(row[2]),
        )
        .map(([id, x, y]) => [id, { x, y }]),
    )
  } catch {
    return new Map()
  }
}

function storageKey(of: LevelName): string {
  return `quadrant.places.${of}`
}

function outlineOf({ nodes, edges }: MapGraph): Outline {
  return { nodes: nodes.map(({ id }) => id), links: edges.map(({ client, server }) => [client, server]) }
}

/** Right after the level has changed the graph is still that of the level before. */
function nodesAreOf(current: MapGraph, wanted: LevelName): boolean {
  const kinds = new Set(current.nodes.map(({ kind }) => kind))
  return (['service', 'process', 'host'] as const).every((kind) => kind === wanted || !kinds.has(kind))
}
