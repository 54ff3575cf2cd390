import { setImmediate } from 'node:timers/promises'
import type { Drop, Flow } from '@quadrant/proto'
import type { NsRange, Store } from '../store/store.ts'
import type { EndedFlows } from './ended-flows.ts'
import type { EndedRows } from './ended-rows.ts'
import { newestFirst } from './flows.ts'
import type { Subject } from './subject.ts'

const FLOWS_MAX = 2000
/** Rows that are searched, the newest: an hour of a busy host has more than anyone waits for. */
const ROWS_MAX = 500_000
/** Rows that are decoded before other work may run, and that are known and looked at. */
const DECODED_PER_TURN = 20_000
const KNOWN_PER_TURN = 200_000

/** Connections of a subject that ended in the range and whose whole life was seen, the longest first. */
export async function slowFlows(
  store: Store,
  {
    subject,
    range,
    ended,
  }: { readonly subject: Subject; readonly range: NsRange; readonly ended: EndedFlows },
): Promise<{ readonly flows: readonly Flow[]; readonly drops: readonly Drop[] }> {
  const longest = new Longest()
  let searched = 0
  let turn = 0
  let leftOut = 0
  for await (const head of newestFirst(store, range)) {
    const { count } = head.summary
    if (searched + count > ROWS_MAX) {
      leftOut += count
      continue
    }
    searched += count
    const found = await ended.rowsOf(head)
    if (found === undefined) continue
    collect(longest, found.rows, subject, range)
    turn += found.isKnown ? count / (KNOWN_PER_TURN / DECODED_PER_TURN) : count
    if (turn < DECODED_PER_TURN) continue
    turn = 0
    await setImmediate()
  }
  const drops = leftOut > 0 ? [{ stage: 'server.query', reason: 'slow-flows-rows', count: leftOut }] : []
  return { flows: await read(longest.list(), ended), drops }
}

/** Adds those of a segment that are the subject's and may be among the longest. */
function collect(longest: Longest, rows: EndedRows, subject: Subject, range: NsRange): void {
  const isOwn = [false, ...rows.processes.map((process) => process !== undefined && subject.has(process))]
  if (!isOwn.includes(true)) return
  for (let place = 0; place < rows.row.length; place++) {
    if (!(rows.durationUs[place]! > longest.floorUs)) continue
    if (!isOwn[rows.local[place]!] && !isOwn[rows.remote[place]!]) continue
    const timeNs = rows.head.startNs + rows.offsetUs[place]! * 1000
    if (timeNs >= range.startNs && timeNs < range.endNs) longest.add(rows, place)
  }
}

/** Makes messages of them, each segment read once. */
async function read(places: readonly Place[], ended: EndedFlows): Promise<readonly Flow[]> {
  const bySegment = Map.groupBy(places, ({ rows }) => rows)
  const flows: Flow[] = []
  for (const [rows, own] of bySegment)
    flows.push(
      ...(await ended.flowsOf(
        rows,
        own.map(({ place }) => place),
      )),
    )
  return flows.sort((a, b) => b.durationUs - a.durationUs)
}

interface Place {
  readonly rows: EndedRows
  readonly place: number
  readonly durationUs: number
}

/** The longest of all that are added. */
class Longest {
  #places: Place[] = []
  /** What is not longer is not among them. */
  floorUs = 0

  add(rows: EndedRows, place: number): void {
    this.#places.push({ rows, place, durationUs: rows.durationUs[place]! })
    if (this.#places.length < FLOWS_MAX * 2) return
    this.#places = this.list()
    this.floorUs = this.#places.at(-1)!.durationUs
  }

  list(): Place[] {
    return this.#places.toSorted((a, b) => b.durationUs - a.durationUs).slice(0, FLOWS_MAX)
  }
}
