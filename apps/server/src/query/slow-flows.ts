import { setImmediate } from 'node:timers/promises'
import { FlowEvent, type Drop, type Flow } from '@quadrant/proto'
import type { NsRange, Store } from '../store/store.ts'
import { decodeFlows } from './flow.ts'
import { newestFirst } from './flows.ts'
import type { Subject } from './subject.ts'

const FLOWS_MAX = 2000
/** Rows that are searched, the newest: an hour of a busy host has more than anyone waits for. */
const ROWS_MAX = 500_000
/** Rows after which other work may run. */
const ROWS_PER_TURN = 20_000

/** Connections of a subject that ended in the range and whose whole life was seen, the longest first. */
export async function slowFlows(
  store: Store,
  { subject, range }: { readonly subject: Subject; readonly range: NsRange },
): Promise<{ readonly flows: readonly Flow[]; readonly drops: readonly Drop[] }> {
  const longest = new Longest()
  let searched = 0
  let turn = 0
  let leftOut = 0
  for await (const { id, summary } of newestFirst(store, range)) {
    if (searched + summary.count > ROWS_MAX) {
      leftOut += summary.count
      continue
    }
    searched += summary.count
    const segment = await store.flowSegment(id)
    if (!segment?.processes.some((process) => process && subject.has(process))) continue
    const flows = decodeFlows(segment, { query: { terms: [] }, bothEnds: false })
    for (const index of flows.matching) {
      const event = flows.event(index)
      if (event !== FlowEvent.CLOSE && event !== FlowEvent.RESET) continue
      const durationUs = flows.durationUs(index)
      const timeNs = flows.timeNs(index)
      if (!(durationUs > longest.floorUs) || timeNs < range.startNs || timeNs >= range.endNs) continue
      if (flows.ends(index).some(({ process }) => process && subject.has(process)))
        longest.add(flows.row(index))
    }
    turn += summary.count
    if (turn < ROWS_PER_TURN) continue
    turn = 0
    await setImmediate()
  }
  const drops = leftOut > 0 ? [{ stage: 'server.query', reason: 'slow-flows-rows', count: leftOut }] : []
  return { flows: longest.list(), drops }
}

/** The longest of all that are added. */
class Longest {
  #flows: Flow[] = []
  /** What is not longer is not among them. */
  floorUs = 0

  add(flow: Flow): void {
    this.#flows.push(flow)
    if (this.#flows.length < FLOWS_MAX * 2) return
    this.#flows = this.list()
    this.floorUs = this.#flows.at(-1)!.durationUs
  }

  list(): Flow[] {
    return this.#flows.toSorted((a, b) => b.durationUs - a.durationUs).slice(0, FLOWS_MAX)
  }
}
