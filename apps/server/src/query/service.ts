import { create } from '@bufbuild/protobuf'
import {
  GetServiceResponseSchema,
  Level,
  ServiceInstanceSchema,
  type GetServiceResponse,
  type Process,
} from '@quadrant/proto'
import type { EndpointRef, NsRange, Store } from '../store/store.ts'
import { describeNodes, edgeMessage, groupEdges, namesOnMap } from './map.ts'
import { planRange } from './range.ts'
import { shownLives } from './shown-lives.ts'
import { processName, type Subject } from './subject.ts'

const INSTANCES_MAX = 100
/** Of all services together. */
const INSTANCES_OF_ALL_MAX = 250
const FINDINGS_MAX = 1000

/** Answers GetService: the instances of a service or process, what they run, and who they talk to. */
export async function queryService(
  store: Store,
  request: { readonly subject: Subject; readonly range: NsRange; readonly nowNs: number },
): Promise<GetServiceResponse> {
  const { subject, range } = request
  const shown = shownLives(subject.lives, subject.kind === 'all' ? INSTANCES_OF_ALL_MAX : INSTANCES_MAX)
  const ids = shown.map(({ process }) => process.id)
  const { runtime } = store
  const [described, figures, costs, runs, edges] = await Promise.all([
    describe(store, ids),
    runtime.newestFigures(ids, range.endNs),
    runtime.newestCosts(ids, range.endNs),
    runtime.buildsOf(ids),
    edgesOf(store, request),
  ])
  const figuresOf = new Map(figures.map((one) => [one.process, { ...one, process: 0 }]))
  const costOf = new Map(costs.map((one) => [one.process, { ...one, process: 0 }]))
  const builds = [...new Set(runs.values())]
  const findings = await runtime.findings(
    [subject.id, ...shown.map(({ process }) => processName(process)), ...builds].filter((id) => id !== ''),
    FINDINGS_MAX,
  )
  return create(GetServiceResponseSchema, {
    id: subject.id,
    label: subject.label,
    range,
    instances: shown.map(({ process }) =>
      create(ServiceInstanceSchema, {
        id: processName(process),
        process: described.get(process.id),
        host: process.host,
        figures: figuresOf.get(process.id),
        cost: costOf.get(process.id),
        buildId: runs.get(process.id) ?? '',
      }),
    ),
    instancesOmitted: subject.lives.length - shown.length,
    builds: [...(await runtime.builds(builds))],
    // A service's own of another time is no concern of this range; an instance's is, for as long as that lives.
    findings: findings.filter(
      ({ subject: about, timeNs, firstTimeNs }) =>
        firstTimeNs < range.endNs &&
        (about !== subject.id || subject.kind !== 'service' || timeNs >= range.startNs),
    ),
    ...edges,
  })
}

async function describe(store: Store, ids: readonly number[]): Promise<ReadonlyMap<number, Process>> {
  const described = new Map<number, Process>()
  for (const id of ids) {
    const [process] = await store.processes([id])
    if (process) described.set(id, process)
  }
  return described
}

/** Edges at which it is an end, with the places at both ends; none where the subject is all: that is the map. */
async function edgesOf(
  store: Store,
  { subject, range, nowNs }: { readonly subject: Subject; readonly range: NsRange; readonly nowNs: number },
): Promise<Pick<GetServiceResponse, 'edges' | 'nodes'>> {
  if (subject.kind === 'all') return { edges: [], nodes: [] }
  const { spans } = planRange(range, nowNs)
  const isOwn = (end: EndpointRef) =>
    end.kind === 'process'
      ? subject.has(end.process)
      : end.kind === 'ended' && subject.kind === 'service' && end.service === subject.label
  const sums = (await store.edgeSums(spans)).filter(({ edge }) => isOwn(edge.client) || isOwn(edge.server))
  const level = subject.kind === 'service' ? Level.SERVICE : Level.PROCESS
  const edges = groupEdges(
    sums,
    { level, query: { terms: [] } },
    { names: await namesOnMap(store, sums, range.endNs) },
  )
  const timeline = (await Promise.all(spans.map((span) => store.timeline(span)))).flat()
  const seconds = timeline.reduce((sum, point) => sum + point.seconds, 0)
  return {
    edges: edges.map((edge) => edgeMessage(edge, seconds)),
    nodes: await describeNodes(store, edges),
  }
}
