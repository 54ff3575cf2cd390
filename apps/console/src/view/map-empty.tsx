import { map, status, stream } from '../app/live-data.ts'
import { go, view } from '../app/view.ts'
import { durationWords } from '../model/clock-text.ts'
import { commandCall, startCommand } from '../model/command-twin.ts'
import { CommandLine, CONNECT_COMMAND } from './command-line.tsx'

/** Why there is nothing to see, and what would change that. */
export function MapEmpty({ loading }: { readonly loading: boolean }) {
  const state = stream.value
  const call = commandCall(status.value)
  if (state.kind === 'refused' && state.unauthenticated)
    return (
      <div class="empty" role="status">
        <h2>This page has no access</h2>
        <p>
          The server answers only to who has its token. This command prints the address with the token in it:
        </p>
        <CommandLine command={`${call.command} status`} />
      </div>
    )
  if (state.kind === 'reconnecting')
    return (
      <div class="empty" role="status">
        <h2>The server does not answer</h2>
        <p>It will be tried again by itself ({state.reason}). If it does not run:</p>
        <CommandLine command={startCommand(call)} />
      </div>
    )
  if (loading)
    return (
      <div class="empty muted" role="status">
        Loading the map…
      </div>
    )
  const { query, time } = view.value
  if (query !== '')
    return (
      <div class="empty" role="status">
        <h2>Nothing matches the filter</h2>
        <p>
          <span class="mono">{query}</span> matches no edge in this range.
        </p>
        <button class="button" onClick={() => go({ query: '' })}>
          Clear the filter
        </button>
      </div>
    )
  if (time.kind === 'range')
    return (
      <div class="empty" role="status">
        <h2>No traffic in this range</h2>
        <p>
          {map.value && map.value.ageSeconds < 0
            ? 'Nothing has been stored yet.'
            : 'Nothing was stored for this stretch of time.'}
        </p>
        <button class="button" onClick={() => go({ time: { kind: 'live', windowSeconds: 60 } })}>
          Go live
        </button>
      </div>
    )
  const agents = status.value?.agents ?? []
  if (!agents.some(({ connected }) => connected))
    return (
      <div class="empty" role="status">
        <h2>No agent is connected</h2>
        <p>The agent sees the traffic of a host and sends it here. This starts one with the server:</p>
        <CommandLine command={startCommand(call)} />
      </div>
    )
  return (
    <div class="empty" role="status">
      <h2>No connection in the last {durationWords(time.windowSeconds)}</h2>
      <p>
        The agent is watching: the map fills as soon as a process talks over TCP or UDP. To see one at once:
      </p>
      <CommandLine command={CONNECT_COMMAND} />
      <p>Or let a small shop of services run under load:</p>
      <CommandLine command={startCommand(call, { demo: true })} />
      {(agents[0]?.report?.blindSpots.length ?? 0) > 0 && (
        <p>Without root some of it is not seen: {agents[0]?.report?.blindSpots.join(' ')}</p>
      )}
    </div>
  )
}
