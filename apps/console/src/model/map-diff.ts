import { HEALTH_WORDS, HEALTHS, type MapGraph } from './map-graph.ts'

export interface MapDiff {
  readonly nodesAdded: readonly string[]
  readonly nodesGone: readonly string[]
  readonly edgesAdded: readonly string[]
  readonly edgesGone: readonly string[]
  /** Edges that are worse than they were. */
  readonly edgesWorse: readonly string[]
}

export function diffMaps(before: MapGraph, after: MapGraph): MapDiff {
  const added = (now: ReadonlyMap<string, unknown>, was: ReadonlyMap<string, unknown>) =>
    [...now.keys()].filter((id) => !was.has(id))
  return {
    nodesAdded: added(after.nodeById, before.nodeById),
    nodesGone: added(before.nodeById, after.nodeById),
    edgesAdded: added(after.edgeById, before.edgeById),
    edgesGone: added(before.edgeById, after.edgeById),
    edgesWorse: after.edges
      .filter(({ id, health }) => {
        const was = before.edgeById.get(id)
        return HEALTHS.indexOf(health) > (was ? HEALTHS.indexOf(was.health) : 0)
      })
      .map(({ id }) => id),
  }
}

const NAMES_MAX = 3

/** What a screen reader is told when the map changes; empty where nothing is worth a word. */
export function describeDiff(diff: MapDiff, after: MapGraph): string {
  const name = (id: string) => after.nodeById.get(id)?.label ?? id
  const list = (names: readonly string[]) =>
    names.length <= NAMES_MAX
      ? names.join(', ')
      : `${names.slice(0, NAMES_MAX).join(', ')} and ${names.length - NAMES_MAX} more`
  const sentences: string[] = []
  if (diff.nodesAdded.length > 0) sentences.push(`New: ${list(diff.nodesAdded.map(name))}.`)
  const worse = diff.edgesWorse.flatMap((id) => {
    const edge = after.edgeById.get(id)
    return edge ? [`${name(edge.client)} to ${name(edge.server)} has ${HEALTH_WORDS[edge.health]}`] : []
  })
  if (worse.length > 0) sentences.push(`${list(worse)}.`)
  return sentences.join(' ')
}
