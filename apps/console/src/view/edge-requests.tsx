import { useEffect } from 'preact/hooks'
import { formatCount, formatDurationNs, formatRate, formatShare } from '@quadrant/core'
import type { Edge, Node, RequestSignals } from '@quadrant/proto'
import { edgeRequests, edgeRequestsError, startEdgeRequests } from '../app/edge-requests.ts'
import { go, onPageWith } from '../app/view.ts'
import { nodeTerm } from '../model/query-suggest.ts'
import { timeText } from '../model/request-signals.ts'
import { toRouteRows, type RouteRow } from '../model/route-row.ts'
import { subjectOf } from '../model/view-state.ts'
import { Figure } from './figure.tsx'
import { LatencyBands } from './latency-bands.tsx'
import { OpaqueLines } from './opaque-lines.tsx'

export interface EdgeRequestsProps {
  readonly edge: Edge
  readonly client: Node | undefined
  readonly server: Node | undefined
}

const SHOWN_MAX = 12

/** Requests that went over one edge: in all, by route, and what could not be read. */
export function EdgeRequests({ edge, client, server }: EdgeRequestsProps) {
  useEffect(() => startEdgeRequests(edge.id), [edge.id])
  const answer = edgeRequests.value?.id === edge.id ? edgeRequests.value.response : undefined
  if (!answer)
    return (
      <section aria-label="Requests">
        <h3>Requests</h3>
        <p class="muted" role="status">
          {edgeRequestsError.value || 'Asking for requests…'}
        </p>
      </section>
    )
  const { total, groups, groupsOmitted, opaque } = answer
  const { rows, leastNs, mostNs } = toRouteRows(groups)
  const more = rows.length - SHOWN_MAX + groupsOmitted
  return (
    <>
      <section aria-label="Requests">
        <h3>
          Requests
          {total && total.requests > 0 && (
            <button class="push" onClick={() => showCaptured(edge, client, server)}>
              Captured ones
            </button>
          )}
        </h3>
        {!total || total.requests === 0 ? (
          <p class="muted">No HTTP or gRPC request was read on it in this range.</p>
        ) : (
          <>
            <Signals total={total} />
            <ul class="routes" aria-label="Routes">
              {rows.slice(0, SHOWN_MAX).map((row) => (
                <RouteLine key={row.key} row={row} />
              ))}
            </ul>
            <p class="muted bands-scale">
              Times from {formatDurationNs(leastNs)} to {formatDurationNs(mostNs)}, by decades
              {more > 0 && `; and ${formatCount(more)} more routes`}
            </p>
            {subjectOf(edge.server) !== '' && (
              <button class="button" onClick={() => go(onPageWith('service', { selection: edge.server }))}>
                All that {server?.label ?? 'it'} served
              </button>
            )}
          </>
        )}
      </section>
      {opaque.length > 0 && (
        <section>
          <h3>Not read as requests</h3>
          <OpaqueLines groups={opaque} />
        </section>
      )}
    </>
  )
}

function Signals({ total }: { readonly total: RequestSignals }) {
  return (
    <dl class="figures">
      <Figure name="Rate" value={formatRate(total.requestsPerSecond)}>
        {formatCount(total.requests)} in all
      </Figure>
      <Figure
        name="Errors"
        value={formatShare(total.errorShare)}
        tone={total.errors > 0 ? 'tone-errors' : ''}
      >
        {formatCount(total.errors)} failed
        {total.aborted > 0 && `, ${formatCount(total.aborted)} of them aborted`};{' '}
        {formatCount(total.clientErrors)} refused
      </Figure>
      <Figure name="Median" value={total.timed > 0 ? timeText(total, 'p50Ns') : undefined}>
        {formatCount(total.timed)} timed
      </Figure>
      <Figure name="p99" value={total.timed > 0 ? timeText(total, 'p99Ns') : undefined}>
        longest {timeText(total, 'maxNs')}
      </Figure>
    </dl>
  )
}

function RouteLine({ row }: { readonly row: RouteRow }) {
  const { signals } = row
  return (
    <li>
      <div class="route-head">
        <span class="mono muted">{row.method || row.protocol}</span>
        <span class="mono clip" title={row.route}>
          {row.route}
        </span>
        <span class="push">{formatRate(signals.requestsPerSecond)}</span>
      </div>
      <div class="route-foot">
        <LatencyBands bands={row.bands} />
        <span class={signals.errors > 0 ? 'tone-errors' : 'muted'}>
          {signals.errors > 0 ? `${formatShare(signals.errorShare)} errors` : 'no errors'}
        </span>
        <span class="push muted">
          p50 {timeText(signals, 'p50Ns')}, p99 {timeText(signals, 'p99Ns')}
        </span>
      </div>
    </li>
  )
}

function showCaptured({ serverPort }: Edge, client: Node | undefined, server: Node | undefined) {
  const query = [
    client && nodeTerm('from', client),
    server && nodeTerm('to', server),
    serverPort > 0 ? `port:${serverPort}` : '',
  ]
  go(onPageWith('flows', { rows: 'requests', query: query.filter(Boolean).join(' ') }))
}
