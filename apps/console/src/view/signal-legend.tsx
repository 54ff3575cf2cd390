/** What lines and cells of the lanes of requests mean. */
export function SignalLegend({ withCaptures }: { readonly withCaptures: boolean }) {
  return (
    <span class="signal-legend muted">
      <span>
        <svg width="26" height="6" aria-hidden="true">
          <path class="signal-p99" d="M0 3h26" />
        </svg>{' '}
        p99
      </span>
      <span>
        <svg width="26" height="6" aria-hidden="true">
          <path class="signal-p50" d="M0 3h26" />
        </svg>{' '}
        median
      </span>
      <span>
        <svg width="32" height="8" aria-hidden="true">
          {[1, 2, 3, 4].map((level) => (
            <path key={level} class={`heat-${level}`} d={`M${(level - 1) * 8} 0h7.5v8h-7.5z`} />
          ))}
        </svg>{' '}
        few to many requests
      </span>
      {withCaptures && (
        <span>
          <svg width="28" height="8" aria-hidden="true">
            <path class="captured-lines" d="M0 4h22" />
            <path class="captured-ends" d="M21 2h4v4h-4z" />
          </svg>{' '}
          one captured request
        </span>
      )}
    </span>
  )
}
