import { processNames } from '../app/subjects.ts'
import type { RuntimeStrip } from '../model/runtime-strip.ts'

const LINE_LOOKS = 6

/** Which colour and dashes a process's lines have. */
export function lineLook({ process }: { readonly process: number }): number {
  return process % LINE_LOOKS
}

/** Whose line is which. */
export function LineLegend({ strip }: { readonly strip: RuntimeStrip }) {
  const name = processNames.value
  return (
    <p class="strip-legend">
      {strip.heapLive.map((line) => (
        <span key={line.process}>
          <svg viewBox="0 0 28 6" aria-hidden="true">
            <path class={`strip-line line-${lineLook(line)}`} d="M0 3h28" />
          </svg>
          {name(strip.processes[line.process] ?? '')}
        </span>
      ))}
    </p>
  )
}
