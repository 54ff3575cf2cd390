const CELL = 4
const HEIGHT = 12

/** How the times of a route lie: one cell for each band of the common scale, the fuller the darker. */
export function LatencyBands({ bands }: { readonly bands: readonly number[] }) {
  if (bands.length === 0) return <span class="muted">not timed</span>
  return (
    <svg
      class="bands"
      width={bands.length * CELL}
      height={HEIGHT}
      viewBox={`0 0 ${bands.length * CELL} ${HEIGHT}`}
      aria-hidden="true"
    >
      <path class="bands-base" d={`M0 ${HEIGHT - 0.5}h${bands.length * CELL}`} />
      {bands.map(
        (level, i) =>
          level > 0 && (
            <rect key={i} class={`heat-${level}`} x={i * CELL} width={CELL - 0.5} height={HEIGHT} />
          ),
      )}
    </svg>
  )
}
