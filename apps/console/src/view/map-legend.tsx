import { CHANGE_KINDS, type Change } from '../model/change.ts'
import { HEALTH_WORDS, HEALTHS, type MapGraph } from '../model/map-graph.ts'
import { ChangeKindMark } from './change-mark.tsx'

/** What the lines mean; only the kinds that are on the map. */
export function MapLegend({
  graph,
  changes,
}: {
  readonly graph: MapGraph
  /** Undefined while nothing is compared. */
  readonly changes: ReadonlyMap<string, Change> | undefined
}) {
  if (changes) {
    const kinds = new Set(changes.values().map(({ kind }) => kind))
    return (
      <div class="map-legend" aria-hidden="true">
        {CHANGE_KINDS.map((kind) => kinds.has(kind) && <ChangeKindMark key={kind} kind={kind} />)}
        <span>A against B</span>
      </div>
    )
  }
  const present = HEALTHS.filter((health) => graph.edges.some((edge) => edge.health === health))
  if (present.length === 0) return null
  return (
    <div class="map-legend" aria-hidden="true">
      {present.map((health) => (
        <span key={health}>
          <svg width="34" height="8" class={`map-edge ${health}`}>
            <path class="curve" d="M0 4h34" />
          </svg>
          {HEALTH_WORDS[health]}
        </span>
      ))}
      <span>width: bytes a second</span>
      {graph.edges.some(({ signals }) => signals) && <span>labels: requests a second, errors, p99</span>}
    </div>
  )
}
