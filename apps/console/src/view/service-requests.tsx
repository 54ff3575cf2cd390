import { formatCount } from '@quadrant/core'
import { isRequestLoss } from '@quadrant/proto'
import { status } from '../app/live-data.ts'
import { runtime } from '../app/service-data.ts'
import { serviceRequests, serviceRequestsError, signalStrip } from '../app/service-requests.ts'
import { CommandLine } from './command-line.tsx'
import { LostRecords } from './lost-records.tsx'
import { OpaqueLines } from './opaque-lines.tsx'
import { SignalStripView } from './signal-strip.tsx'

/** What a service served: over time, above its runtime; or why nothing is known of it. */
export function ServiceRequests() {
  const told = serviceRequests.value
  const strip = signalStrip.value
  if (!told || !strip)
    return serviceRequestsError.value === '' ? null : (
      <p class="service-note tone-failures" role="alert">
        {serviceRequestsError.value}
      </p>
    )
  if (strip.steps.length === 0) return <NoRequests />
  return <SignalStripView strip={strip} interval={runtime.value?.interval ?? told.interval} />
}

function NoRequests() {
  const isObserved = status.value?.agents.some(({ report }) => report?.requests)
  return (
    <div class="service-note no-requests">
      {status.value && !isObserved ? (
        <>
          <p class="muted">
            No agent reads requests here, so there are no rates, errors and latencies. This says what that
            takes:
          </p>
          <CommandLine command="sudo npx quadrant doctor" />
        </>
      ) : (
        <p class="muted">It served no HTTP or gRPC request in this range that could be read.</p>
      )}
    </div>
  )
}

/** What the figures about requests lack: traffic that could not be read, seconds without data, losses. */
export function UnreadRequests() {
  const told = serviceRequests.value
  if (!told) return null
  const { opaque, nodes, seconds, range, drops } = told.response
  const name = (id: string) => nodes.find((node) => node.id === id)?.label ?? id
  const length = range ? (range.endNs - range.startNs) / 1e9 : 0
  if (opaque.length === 0) return null
  return (
    <section class="service-part" aria-label="Not read as requests">
      <h2>
        Not read as requests{' '}
        <span class="push">
          {formatCount(seconds)} s of {formatCount(length)} s hold data;{' '}
          <LostRecords drops={drops.filter(isRequestLoss)} />
        </span>
      </h2>
      <OpaqueLines groups={opaque} endName={({ client }) => `from ${name(client)}`} />
    </section>
  )
}
