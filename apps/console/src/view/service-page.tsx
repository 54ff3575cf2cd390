import { useEffect } from 'preact/hooks'
import { runtime, runtimeStrip, service, serviceError, startServiceData } from '../app/service-data.ts'
import { startServiceCaptures } from '../app/service-captures.ts'
import { signalStrip, startServiceRequests } from '../app/service-requests.ts'
import { startSubjects, subject } from '../app/subjects.ts'
import { goToPage, view } from '../app/view.ts'
import { subjectTitle } from '../model/subjects.ts'
import { EventTable } from './event-table.tsx'
import { InstanceTable } from './instance-table.tsx'
import { ModuleTable } from './module-table.tsx'
import { NeighbourTable } from './neighbour-table.tsx'
import { RouteTable } from './route-table.tsx'
import { ServiceHead } from './service-head.tsx'
import { ServiceList } from './service-list.tsx'
import { ServiceRequests, UnreadRequests } from './service-requests.tsx'
import { ServiceStatus } from './service-status.tsx'
import { SignalTable } from './signal-table.tsx'
import { StripEmpty } from './strip-empty.tsx'
import { RuntimeStripView } from './runtime-strip.tsx'
import { SubjectPicker } from './subject-picker.tsx'

/** What runs behind a service or process, what its runtime does, and what is inside. */
export function ServicePage() {
  useEffect(startSubjects, [])
  useEffect(startServiceData, [])
  useEffect(startServiceRequests, [])
  useEffect(startServiceCaptures, [])
  return (
    <div class="page-main">
      <div class="toolbar">
        <SubjectPicker all="All services" />
        {subject.value !== '' && (
          <button class="button plain" onClick={() => goToPage('profiles')}>
            Profiles
          </button>
        )}
        {subject.value !== '' && (
          <button class="button plain" onClick={() => goToPage('map')}>
            On the map
          </button>
        )}
      </div>
      {subject.value === '' ? <ServiceList /> : view.value.table ? <TableTwin /> : <Report />}
      {subject.value !== '' && <ServiceStatus />}
    </div>
  )
}

function TableTwin() {
  const strip = runtimeStrip.value
  const signals = signalStrip.value
  if (!strip) return <Waiting />
  if (!signals || signals.steps.length === 0) return <EventTable strip={strip} />
  return (
    <div class="service-twin">
      <section>
        <h2>Requests over time</h2>
        <SignalTable strip={signals} />
      </section>
      <section>
        <h2>Collections and stops of the world</h2>
        <EventTable strip={strip} />
      </section>
    </div>
  )
}

function Report() {
  const answer = service.value
  if (!answer) return <Waiting />
  const strip = runtimeStrip.value
  const happened = strip && strip.collections.length + strip.stops.length + strip.heapLive.length > 0
  return (
    <div class="service">
      <ServiceHead answer={answer} />
      <ServiceRequests />
      {strip && happened ? (
        <RuntimeStripView strip={strip} interval={runtime.value!.interval} />
      ) : (
        <StripEmpty answer={answer} isLoading={!strip} />
      )}
      <RouteTable />
      <UnreadRequests />
      <InstanceTable answer={answer} />
      <div class="service-columns">
        <ModuleTable builds={answer.builds} />
        <NeighbourTable answer={answer} />
      </div>
    </div>
  )
}

function Waiting() {
  return (
    <div class="empty" role="status">
      {serviceError.value === '' ? (
        <p>Asking the server…</p>
      ) : (
        <>
          <h2>Nothing is known of {subjectTitle(subject.value)}</h2>
          <p>{serviceError.value}</p>
        </>
      )}
    </div>
  )
}
