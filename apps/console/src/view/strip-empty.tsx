import type { GetServiceResponse } from '@quadrant/proto'
import { status } from '../app/live-data.ts'
import { go, view } from '../app/view.ts'
import { refusals } from '../model/service-report.ts'
import { CommandLine } from './command-line.tsx'

/** Why there is nothing of a runtime to show, and what would change that. */
export function StripEmpty({
  answer,
  isLoading,
}: {
  readonly answer: GetServiceResponse
  readonly isLoading: boolean
}) {
  if (isLoading) return <p class="service-note muted">Asking what its runtime did…</p>
  const { builds } = answer
  if (builds.length === 0)
    return (
      <div class="service-note">
        <p class="muted">
          It is not known what it runs: no agent told a build of it. That takes root, and an executable that
          is still there. This says what is missing here:
        </p>
        <CommandLine command="sudo npx quadrant doctor" />
      </div>
    )
  const isGo = builds.some(({ runtime }) => runtime === 'go')
  if (!isGo)
    return (
      <p class="service-note muted">
        It is no Go program ({[...new Set(builds.map(({ runtime }) => runtime))].join(', ')}): its collections
        are not observed. Its processor time is, on the Profiles page.
      </p>
    )
  if (refusals(builds).length === builds.length)
    return <p class="service-note muted">Its runtime is not observed, for the reason above.</p>
  const probed = status.value?.agents.some(({ report }) => (report?.runtime?.probedProcesses ?? 0) > 0)
  return (
    <div class="service-note">
      <p class="muted">
        Its Go runtime collected nothing and told no figures in this range.{' '}
        {probed ? 'A longer range may hold a collection.' : 'No process is probed here. This says why:'}
      </p>
      {probed ? (
        <button
          class="button"
          onClick={() =>
            go({
              time: { kind: 'live', windowSeconds: 3600 },
              barSeconds: Math.max(3600, view.peek().barSeconds),
            })
          }
        >
          The last hour
        </button>
      ) : (
        <CommandLine command="sudo npx quadrant doctor" />
      )}
    </div>
  )
}
