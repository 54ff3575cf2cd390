import { create } from '@bufbuild/protobuf'
import { FilterReadingSchema, type FilterReading, type FilterUse, type GatewayReport } from '@quadrant/proto'

interface NodeReadings {
  /** Of the newest report; undefined where no session has brought one. */
  readonly uptimeNs: number | undefined
  readonly byFilter: ReadonlyMap<string, FilterReading>
}

/**
 * What gateways count of their filters: the newest of each, in memory alone. After the end of a session it stays, with the
 * time at which it came, and speaks for no other moment.
 */
export class FilterReadings {
  readonly #byNode = new Map<string, NodeReadings>()

  /** A session begins: how fast counts go is known from its second report on. */
  begin(nodeId: string): void {
    const before = this.#byNode.get(nodeId)
    if (before) this.#byNode.set(nodeId, { ...before, uptimeNs: undefined })
  }

  /** @param report was found sound; filters are left out that are no file's, and that the gateway has no place for */
  keep(nodeId: string, places: ReadonlySet<string>, report: GatewayReport, receivedNs: number): void {
    const before = this.#byNode.get(nodeId)
    const elapsedNs = before?.uptimeNs === undefined ? 0 : report.uptimeNs - before.uptimeNs
    const byFilter = new Map<string, FilterReading>()
    for (const use of report.filters)
      if (places.has(use.name) || use.fromFile)
        byFilter.set(use.name, readingOf(use, before?.byFilter.get(use.name)?.use, elapsedNs, receivedNs))
    this.#byNode.set(nodeId, { uptimeNs: report.uptimeNs, byFilter })
  }

  of(nodeId: string, name: string): FilterReading | undefined {
    return this.#byNode.get(nodeId)?.byFilter.get(name)
  }

  /** Names of filters that some gateway has from a file. */
  fileNames(): ReadonlySet<string> {
    const names = new Set<string>()
    for (const { byFilter } of this.#byNode.values())
      for (const [name, { use }] of byFilter) if (use?.fromFile) names.add(name)
    return names
  }

  /** Ids of gateways that count a filter. */
  nodesOf(name: string): readonly string[] {
    return [...this.#byNode].flatMap(([nodeId, { byFilter }]) => (byFilter.has(name) ? [nodeId] : []))
  }

  /** Forgets all gateways but these. */
  retain(nodeIds: ReadonlySet<string>): void {
    for (const nodeId of this.#byNode.keys()) if (!nodeIds.has(nodeId)) this.#byNode.delete(nodeId)
  }
}

function readingOf(
  use: FilterUse,
  before: FilterUse | undefined,
  elapsedNs: number,
  receivedNs: number,
): FilterReading {
  const isContinued =
    before !== undefined &&
    elapsedNs > 0 &&
    Buffer.compare(use.moduleSha256, before.moduleSha256) === 0 &&
    // Another release of the same module, or a thread that ended, takes its counts with it.
    use.streams >= before.streams &&
    use.calls >= before.calls &&
    use.instances >= before.instances
  if (!isContinued) return create(FilterReadingSchema, { use, receivedNs })
  const perSecond = (count: number) => (count * 1e9) / elapsedNs
  const inCallsNs = use.calls * use.callMeanNs - before.calls * before.callMeanNs
  return create(FilterReadingSchema, {
    use,
    receivedNs,
    streamsPerSecond: perSecond(use.streams - before.streams),
    callsPerSecond: perSecond(use.calls - before.calls),
    cores: Math.max(0, inCallsNs / elapsedNs),
  })
}
