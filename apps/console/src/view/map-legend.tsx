import { HEALTH_WORDS, HEALTHS, type MapGraph } from '../model/map-graph.ts'

/** What the lines mean; only the kinds that are on the map. */
export function MapLegend({ graph }: { readonly graph: MapGraph }) {
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
    </div>
  )
}
