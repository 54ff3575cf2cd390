import { create } from '@bufbuild/protobuf'
import {
  DropCountSchema,
  GetRuntimeResponseSchema,
  type Drop,
  type GetRuntimeResponse,
  type GoFigures,
} from '@quadrant/proto'
import { FIGURE_RETENTION_SECONDS, FIGURE_TIERS, type FigureTier } from '../store/go-figures.ts'
import type { NsRange, Store } from '../store/store.ts'
import { planRange } from './range.ts'
import type { EndedFlows } from './ended-flows.ts'
import { slowFlows } from './slow-flows.ts'
import { processName, type Subject } from './subject.ts'

const POINTS_DEFAULT = 300
const POINTS_MAX = 5000
/** Events and costs of each kind. */
const EVENTS_MAX = 5000
/** Points of all processes together. */
const POINTS_TOTAL_MAX = 6000
/** Stored samples that are read before a coarser tier is taken, and at the coarsest. */
const ROWS_WANTED = 20_000
const ROWS_MAX = 200_000

export interface RuntimeRequest {
  readonly subject: Subject
  readonly range: NsRange
  readonly pointsMax: number
  readonly nowNs: number
  readonly ended: EndedFlows
}

/** Answers GetRuntime. */
export async function queryRuntime(store: Store, request: RuntimeRequest): Promise<GetRuntimeResponse> {
  const { subject, range, nowNs, ended } = request
  const ids = subject.kind === 'all' ? undefined : subject.lives.map(({ process }) => process.id)
  const rows = { processes: ids, range }
  const [cycles, stops, costs, figures, flows, lost] = await Promise.all([
    store.runtime.gcCycles(rows, EVENTS_MAX),
    store.runtime.worldStops(rows, EVENTS_MAX),
    store.runtime.probeCosts(rows, EVENTS_MAX, nowNs / 1e9),
    readFigures(store, request),
    slowFlows(store, { subject, range, ended }),
    store.drops(planRange(range, nowNs).spans),
  ])
  const names = new Map(subject.lives.map(({ process }) => [process.id, processName(process)]))
  const processes = new Indices(names)
  const drops = [...lost, ...figures.drops, ...flows.drops]
  return create(GetRuntimeResponseSchema, {
    range,
    // The names come last: who has something to tell is known then.
    gcCycles: processes.of(cycles.rows),
    worldStops: processes.of(stops.rows),
    goFigures: processes.of(figures.rows),
    probeCosts: processes.of(costs.rows),
    processes: processes.names,
    omitted: cycles.omittedCount + stops.omittedCount + costs.omittedCount + processes.unknownCount,
    drops: drops.map((drop) => create(DropCountSchema, drop)),
    slowFlows: [...flows.flows],
  })
}

/** The tier with enough points and not too many rows, thinned to what was asked for. */
async function readFigures(
  store: Store,
  { subject, range, pointsMax, nowNs }: RuntimeRequest,
): Promise<{ readonly rows: readonly GoFigures[]; readonly drops: readonly Drop[] }> {
  const known = new Set(await store.runtime.figureProcesses())
  const found = subject.lives.flatMap(({ process }) => (known.has(process.id) ? [process.id] : []))
  if (found.length === 0) return { rows: [], drops: [] }
  const seconds = Math.max(0, Math.min(range.endNs, nowNs) - range.startNs) / 1e9
  const rowsOf = (tier: FigureTier) => Math.ceil(seconds / tier + 1) * (tier === 1 ? 1 : 2)
  const isKept = (tier: FigureTier) => range.startNs / 1e9 >= nowNs / 1e9 - FIGURE_RETENTION_SECONDS[tier]
  const tier =
    FIGURE_TIERS.find((one) => isKept(one) && rowsOf(one) * found.length <= ROWS_WANTED) ??
    FIGURE_TIERS.at(-1)!
  const asked = found.slice(0, Math.max(1, Math.floor(ROWS_MAX / rowsOf(tier))))
  const points = Math.min(
    Math.min(pointsMax || POINTS_DEFAULT, POINTS_MAX),
    Math.max(3, Math.floor(POINTS_TOTAL_MAX / asked.length)),
  )
  const rows = [...(await store.runtime.goFigures(asked, range, { tier, pointsMax: points }))]
  const drops =
    asked.length < found.length
      ? [{ stage: 'server.query', reason: 'figures-processes', count: found.length - asked.length }]
      : []
  return { rows: rows.sort((a, b) => a.timeNs - b.timeNs), drops }
}

/** Store's ids of processes → indices of an answer. */
class Indices {
  readonly names: string[] = []
  /** Rows of processes that were forgotten since. */
  unknownCount = 0
  readonly #known: ReadonlyMap<number, string>
  readonly #indices = new Map<number, number>()

  constructor(known: ReadonlyMap<number, string>) {
    this.#known = known
  }

  /** Those whose process is still known, with its index. Changes the messages: the store made them for this answer. */
  of<T extends { process: number }>(rows: readonly T[]): T[] {
    return rows.filter((row) => {
      const name = this.#known.get(row.process)
      if (name === undefined) {
        this.unknownCount++
        return false
      }
      let index = this.#indices.get(row.process)
      if (index === undefined) {
        index = this.names.push(name) - 1
        this.#indices.set(row.process, index)
      }
      row.process = index
      return true
    })
  }
}
