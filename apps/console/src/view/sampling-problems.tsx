import { Severity, type SamplingProblem } from '@quadrant/proto'

/** What the server says of the rules, with what would mend it. */
export function SamplingProblems({ problems }: { readonly problems: readonly SamplingProblem[] }) {
  if (problems.length === 0) return null
  return (
    <ul class="sampling-problems">
      {problems.map(({ code, severity, place, message, fix }) => (
        <li
          key={`${code} ${place}`}
          class={severity === Severity.ERROR ? 'tone-bad' : 'tone-warn'}
          role="alert"
        >
          <span class="mono">{code}</span> {message}
          {fix !== '' && <span class="muted"> Fix: {fix}</span>}
        </li>
      ))}
    </ul>
  )
}
