import { formatBytes, formatCount, formatDurationNs, formatShare } from '@quadrant/core'
import { status } from '../app/live-data.ts'
import { copyText } from '../app/notice.ts'
import { serviceRequests, serviceRoutes } from '../app/service-requests.ts'
import { subject } from '../app/subjects.ts'
import { go, onPageWith, view } from '../app/view.ts'
import { commandCall, routesCommand } from '../model/command-twin.ts'
import { finder } from '../model/find-words.ts'
import { queryTerm } from '../model/query-suggest.ts'
import { timeText } from '../model/request-signals.ts'
import { OTHER_ROUTES } from '../model/request-words.ts'
import {
  formatRouteSort,
  parseRouteSort,
  pressRouteSort,
  sortRoutes,
  type RouteRow,
} from '../model/route-row.ts'
import { subjectQuery } from '../model/subjects.ts'
import { EndingMark } from './ending-mark.tsx'
import { Icon } from './icon.tsx'
import { LatencyBands } from './latency-bands.tsx'
import { VirtualTable, type Column } from './virtual-table.tsx'

const ROWS_SHOWN = 12
const ROW_HEIGHT = 28

/** What a service served, by route; the selected one in detail. */
export function RouteTable() {
  const answer = serviceRequests.value?.response
  if (!answer) return null
  const { rows, leastNs, mostNs } = serviceRoutes.value
  if (rows.length === 0) return null
  const isFound = finder(view.value.find)
  const sort = parseRouteSort(view.value.sort)
  const found = isFound ? rows.filter(({ route, method }) => isFound(`${method} ${route}`)) : rows
  const { item } = view.value
  const command = routesCommand(view.value, commandCall(status.value))
  const selected = rows.find(({ key }) => item === `route:${key}`)
  return (
    <section class="service-part" aria-label="Routes">
      <h2>
        Routes
        <button
          class="button plain icon-only"
          title={`Copy: ${command}`}
          aria-label="Copy the command for these routes"
          onClick={() => void copyText(command)}
        >
          <Icon name="command" />
        </button>
        <span class="push">
          times from {formatDurationNs(leastNs)} to {formatDurationNs(mostNs)}, by decades;{' '}
          {isFound && `${formatCount(found.length)} of `}
          {formatCount(rows.length)} {rows.length === 1 ? 'route' : 'routes'}
          {answer.groupsOmitted > 0 && (
            <span class="lossy"> and {formatCount(answer.groupsOmitted)} more left out</span>
          )}
        </span>
      </h2>
      <div
        class="boxed-table"
        style={{ height: `${(Math.min(Math.max(found.length, 2), ROWS_SHOWN) + 1) * ROW_HEIGHT + 6}px` }}
      >
        <VirtualTable
          label="Routes"
          rows={sortRoutes(found, sort)}
          columns={COLUMNS}
          rowKey={({ key }) => `route:${key}`}
          selectedKey={item}
          onSelect={({ key }) =>
            go({ item: item === `route:${key}` ? '' : `route:${key}` }, { replace: true })
          }
          sort={sort}
          onSort={(id) => go({ sort: formatRouteSort(pressRouteSort(sort, id)) }, { replace: true })}
          empty="No route has what is searched for."
          widthMin={972}
        />
      </div>
      {selected && <RouteDetail row={selected} />}
    </section>
  )
}

const errorsText = ({ signals }: RouteRow) =>
  `${formatCount(signals.errors)} of ${formatCount(signals.requests)} failed, ${formatCount(signals.aborted)} of them aborted`

const COLUMNS: readonly Column<RouteRow>[] = [
  {
    id: 'route',
    title: 'Route',
    width: 'minmax(220px, 3fr)',
    mono: true,
    sortable: true,
    cell: ({ method, route }) => (
      <>
        {method !== '' && <span class="muted">{method} </span>}
        {route}
      </>
    ),
    hint: ({ method, route }) =>
      route === OTHER_ROUTES
        ? 'routes over the limit of this service, counted together'
        : `${method} ${route}`,
  },
  { id: 'protocol', title: 'Protocol', width: '78px', mono: true, cell: ({ protocol }) => protocol },
  {
    id: 'rate',
    title: 'Requests/s',
    width: '106px',
    right: true,
    sortable: true,
    cell: ({ signals }) => formatCount(signals.requestsPerSecond),
    hint: ({ signals }) => `${formatCount(signals.requests)} in all`,
  },
  {
    id: 'errors',
    title: 'Errors',
    width: '78px',
    right: true,
    sortable: true,
    cell: ({ signals }) => (
      <span class={signals.errors > 0 ? 'tone-errors' : ''}>{formatShare(signals.errorShare)}</span>
    ),
    hint: errorsText,
  },
  {
    id: 'refused',
    title: 'Refused',
    width: '78px',
    right: true,
    sortable: true,
    cell: ({ signals }) => formatCount(signals.clientErrors),
    hint: () => "the client's fault: HTTP 4xx, or a gRPC status that is no failure of the server",
  },
  {
    id: 'p50',
    title: 'p50',
    width: '76px',
    right: true,
    sortable: true,
    cell: ({ signals }) => timeText(signals, 'p50Ns'),
  },
  {
    id: 'p99',
    title: 'p99',
    width: '76px',
    right: true,
    sortable: true,
    cell: ({ signals }) => timeText(signals, 'p99Ns'),
  },
  {
    id: 'max',
    title: 'Longest',
    width: '76px',
    right: true,
    sortable: true,
    cell: ({ signals }) => timeText(signals, 'maxNs'),
  },
  { id: 'bands', title: 'Times', width: '120px', cell: ({ bands }) => <LatencyBands bands={bands} /> },
]

/** One route: how its requests ended, and all that is known of their times. */
function RouteDetail({ row }: { readonly row: RouteRow }) {
  const { signals, source } = row
  const bytes = (count: number) => (signals.bytesUnknown ? 'not known' : formatBytes(count))
  return (
    <div class="route-detail" role="group" aria-label={`Route ${row.route}`}>
      <p>
        {source.endings.map((ending) => (
          <span key={`${ending.httpStatus} ${ending.grpcStatus} ${ending.outcome}`}>
            <EndingMark ending={{ ...ending, protocol: source.protocol }} /> {formatCount(ending.count)}
          </span>
        ))}
      </p>
      <p class="muted">
        {signals.timed > 0
          ? `p50 ${formatDurationNs(signals.p50Ns)}, p90 ${formatDurationNs(signals.p90Ns)}, p95 ${formatDurationNs(signals.p95Ns)}, p99 ${formatDurationNs(signals.p99Ns)}, longest ${formatDurationNs(signals.maxNs)}, of ${formatCount(signals.timed)} timed`
          : 'none of them was timed'}
        ; {bytes(signals.requestBytes)} came, {bytes(signals.responseBytes)} went
      </p>
      <button class="button" onClick={() => showCaptured(row)}>
        Captured requests
      </button>
    </div>
  )
}

function showCaptured({ source }: RouteRow) {
  const query = [
    subjectQuery('to', subject.peek()),
    source.route === '' || source.route === OTHER_ROUTES ? '' : queryTerm('route', source.route),
    source.method === '' ? '' : queryTerm('method', source.method),
  ]
  go(onPageWith('flows', { rows: 'requests', query: query.filter(Boolean).join(' ') }))
}
