import { type Edge, type GetEdgeResponse, type Node, Protocol, protocolName } from '@quadrant/proto'
import { edgeDetail } from '../app/selected-edge.ts'
import { comparison, graph, map } from '../app/live-data.ts'
import { go, interval } from '../app/view.ts'
import { edgeHealth } from '../model/map-graph.ts'
import { hasRequests } from '../model/request-signals.ts'
import { nodeTerm } from '../model/query-suggest.ts'
import { EdgeComparison } from './edge-comparison.tsx'
import { EdgeEvidence } from './edge-evidence.tsx'
import { EdgeFigures } from './edge-figures.tsx'
import type { EdgeRequestsProps } from './edge-requests.tsx'
import { FlowLines } from './flow-lines.tsx'
import { HealthMark } from './health-mark.tsx'
import { Icon } from './icon.tsx'
import { lazyView } from './lazy-view.tsx'
import { ProcessList } from './process-list.tsx'
import type { SeriesPlotsProps } from './series-plots.tsx'

/** Everything about one edge, for the range that is shown. */
export function EdgePanel() {
  const detail = edgeDetail.value
  if (!detail) return null
  const fromMap = graph.value?.edgeById.get(detail.id)
  const edge = detail.response?.edge ?? fromMap?.source
  const gone = comparison.value?.edges.get(detail.id)?.kind === 'gone'
  const { startMs, endMs } = interval.value
  if (!edge)
    return (
      <aside class="panel" aria-label="Edge">
        <div class="panel-head">
          <div class="panel-title">
            <h2>{detail.error ? 'This edge has no data' : 'Loading…'}</h2>
            <CloseButton />
          </div>
          {detail.error && <p class="panel-sub">{detail.error}</p>}
        </div>
      </aside>
    )
  const client = detail.response?.client ?? graph.value?.nodeById.get(edge.client)?.source
  const server = detail.response?.server ?? graph.value?.nodeById.get(edge.server)?.source
  // What is known of requests says more than what is known of connections.
  const withRequests = hasRequests(edge.requests)
  const names = { client: client?.label ?? edge.client, server: server?.label ?? edge.server }
  return (
    <aside class="panel" aria-label={`Edge ${names.client} to ${names.server}`}>
      <div class="panel-head">
        <div class="panel-title">
          <h2>
            <button class="clip" title={names.client} onClick={() => go({ selection: edge.client })}>
              {names.client}
            </button>
            <Icon name="arrow" />
            <button class="clip" title={names.server} onClick={() => go({ selection: edge.server })}>
              {names.server}
            </button>
          </h2>
          <CloseButton />
        </div>
        <div class="panel-sub">
          <span class="mono">
            {protocolName(edge.protocol)} {edge.serverPort}
          </span>
          {!gone && <HealthMark health={edgeHealth(edge)} />}
        </div>
      </div>
      <EdgeComparison id={detail.id} />
      {!gone && withRequests && <LazyRequests edge={edge} client={client} server={server} />}
      {gone ? (
        <p class="panel-note muted">It is only in B: nothing of it in A.</p>
      ) : (
        <section>
          <EdgeFigures edge={edge} seconds={edge.seconds > 0 ? edge.seconds : (endMs - startMs) / 1000} />
        </section>
      )}
      {!gone && edge.protocol === Protocol.TCP && !withRequests && (
        <LazyRequests edge={edge} client={client} server={server} />
      )}
      {!gone && detail.response && detail.response.points.length > 1 && (
        <section>
          <LazyPlots response={detail.response} />
        </section>
      )}
      {!gone && detail.response && <LastFlows response={detail.response} edge={edge} />}
      <Ends client={client} server={server} />
      {!gone && (
        <section>
          <h3>Evidence</h3>
          <EdgeEvidence
            edge={edge}
            resolutionSeconds={detail.response?.resolutionSeconds ?? map.value?.resolutionSeconds ?? 1}
          />
        </section>
      )}
    </aside>
  )
}

export function CloseButton() {
  return (
    <button
      class="button plain icon-only"
      title="Close (Esc)"
      aria-label="Close"
      onClick={() => go({ selection: '' })}
    >
      <Icon name="close" />
    </button>
  )
}

function LastFlows({ response, edge }: { response: GetEdgeResponse; edge: Edge }) {
  const { client, server } = response
  const query = [
    client && nodeTerm('from', client),
    server && nodeTerm('to', server),
    `port:${edge.serverPort}`,
    `proto:${protocolName(edge.protocol)}`,
  ]
    .filter(Boolean)
    .join(' ')
  return (
    <section>
      <h3>
        Last flows
        <button class="push" onClick={() => go({ page: 'flows', rows: 'connections', query, selection: '' })}>
          All of them
        </button>
      </h3>
      <FlowLines flows={response.lastFlows} />
    </section>
  )
}

function Ends({ client, server }: { client: Node | undefined; server: Node | undefined }) {
  return (
    <section>
      <h3>Client</h3>
      <ProcessList node={client} />
      <h3 class="next">Server</h3>
      <ProcessList node={server} />
    </section>
  )
}

const LazyRequests = lazyView<EdgeRequestsProps>(
  () => import('./edge-requests.tsx').then((it) => it.EdgeRequests),
  { waiting: 'Loading requests…' },
)

const LazyPlots = lazyView<SeriesPlotsProps>(
  () => import('./series-plots.tsx').then((it) => it.SeriesPlots),
  {
    waiting: 'Loading plots…',
  },
)
