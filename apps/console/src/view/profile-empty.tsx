import { status, stream } from '../app/live-data.ts'
import { profileError } from '../app/profile-data.ts'
import { subject } from '../app/subjects.ts'
import { go, view } from '../app/view.ts'
import { commandCall, startCommand } from '../model/command-twin.ts'
import { subjectTitle } from '../model/subjects.ts'
import { CommandLine } from './command-line.tsx'

interface ProfileEmptyProps {
  readonly isLoading: boolean
  /** There are some, but of other kinds. */
  readonly hasSamples: boolean
}

/** Why there are no samples, and what would bring some. */
export function ProfileEmpty({ isLoading, hasSamples }: ProfileEmptyProps) {
  if (hasSamples)
    return (
      <div class="empty" role="status">
        <h2>No samples of this kind</h2>
        <p>There are samples in this range, but none of the kinds that are chosen.</p>
        <button class="button" onClick={() => go({ kinds: [] })}>
          All kinds
        </button>
      </div>
    )
  if (isLoading && profileError.value !== '')
    return (
      <div class="empty muted" role="status">
        There is no profile to show.
      </div>
    )
  const agents = status.value?.agents ?? []
  if (isLoading && stream.value.kind !== 'reconnecting')
    return (
      <div class="empty muted" role="status">
        Loading the profile…
      </div>
    )
  if (!agents.some(({ connected }) => connected))
    return (
      <div class="empty" role="status">
        <h2>No agent is connected</h2>
        <p>The agent samples the processes of a host and sends it here. This starts one with the server:</p>
        <CommandLine command={startCommand(commandCall(status.value))} />
      </div>
    )
  const isProfiling = agents.some(({ report }) => (report?.runtime?.profileHz ?? 0) > 0)
  return (
    <div class="empty" role="status">
      <h2>
        {subject.value === ''
          ? 'No process was on a processor when samples were taken'
          : `${subjectTitle(subject.value)} was on no processor when samples were taken`}
      </h2>
      <p>
        {isProfiling
          ? 'Every busy processor is sampled all the time. A process that waits has no samples; a longer range, or load on it, brings some.'
          : 'No agent tells that it takes samples. It needs root and eBPF; this says what is missing:'}
      </p>
      {isProfiling ? (
        <button
          class="button"
          onClick={() =>
            go({
              time: { kind: 'live', windowSeconds: Math.min(3600, 5 * windowSeconds()) },
            })
          }
        >
          A range five times as long
        </button>
      ) : (
        <CommandLine command="sudo npx quadrant doctor" />
      )}
    </div>
  )
}

function windowSeconds(): number {
  const { time } = view.peek()
  return time.kind === 'live' ? time.windowSeconds : Math.round((time.endMs - time.startMs) / 1000)
}
