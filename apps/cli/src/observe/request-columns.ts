import { formatBytes, formatDurationNs } from '@quadrant/core'
import {
  RequestOutcome,
  RequestProtocol,
  RequestSource,
  endingClass,
  grpcStatusName,
  requestOutcomeName,
  requestProtocolName,
  type CapturedRequest,
  type RequestCapture,
} from '@quadrant/proto'
import type { Colour } from '../output/paint.ts'
import type { Column } from '../output/table.ts'
import { formatClock } from '../output/time.ts'

const COLOURS: Readonly<Record<string, Colour>> = { error: 'red', 'client-error': 'yellow' }
const SOURCES: Readonly<Record<number, string>> = {
  [RequestSource.PACKETS]: 'packets',
  [RequestSource.SOCKETS]: 'sockets',
  [RequestSource.TLS]: 'tls',
}

/** Columns of one captured request a line; `nowMs` tells which day is today. */
export function requestColumns(wide: boolean, nowMs: number): readonly Column<CapturedRequest>[] {
  const columns: Column<CapturedRequest>[] = [
    { title: 'TIME', cell: ({ request }) => formatClock((request?.startNs ?? 0) / 1e6, nowMs) },
    {
      title: 'FROM',
      cell: (row) => endName(row.clientService, row.clientPid, row.clientName || row.clientAddress),
      min: 10,
    },
    {
      title: 'TO',
      cell: (row) =>
        endName(
          row.serverService,
          row.serverPid,
          row.serverName || row.serverAddress,
          row.request?.serverPort ?? 0,
        ),
      min: 12,
    },
    { title: 'PROTO', cell: ({ request }) => requestProtocolName(request?.protocol ?? 0) },
    { title: 'METHOD', cell: ({ request }) => request?.method ?? '' },
    { title: 'PATH', cell: ({ request }) => request?.target || (request?.route ?? ''), min: 16 },
    { title: 'STATUS', cell: status, colour: statusColour },
    {
      title: 'DURATION',
      cell: duration,
      align: 'right',
    },
  ]
  if (wide)
    columns.push(
      {
        title: 'FIRST BYTE',
        cell: ({ request }) => (request?.responseStartNs ? formatDurationNs(request.responseStartNs) : ''),
        align: 'right',
      },
      { title: 'SENT', cell: ({ request }) => bytes(request?.requestBytes), align: 'right' },
      { title: 'RECEIVED', cell: ({ request }) => bytes(request?.responseBytes), align: 'right' },
      { title: 'ROUTE', cell: ({ request }) => request?.route ?? '' },
      { title: 'AUTHORITY', cell: ({ request }) => request?.authority ?? '' },
      { title: 'RULE', cell: ({ request }) => request?.rule ?? '' },
      { title: 'TRACE', cell: ({ traceId }) => traceId },
      { title: 'SEEN IN', cell: ({ request }) => SOURCES[request?.source ?? 0] ?? '' },
      { title: 'HOST', cell: ({ host }) => host },
      { title: 'ID', cell: ({ id }) => String(id), align: 'right' },
    )
  columns.push({ title: 'DETAIL', cell: ({ request }) => detail(request), min: 8, colour: () => 'dim' })
  return columns
}

/** `cart:8080 (4711)`, or an address, or its name. The pid is last: it may be cut. */
function endName(service: string, pid: number, address: string, port = 0): string {
  const name = service || (address.includes(':') ? `[${address}]` : address)
  const place = port === 0 ? name : `${name}:${port}`
  return service === '' || pid === 0 ? place : `${place} (${pid})`
}

/** The code; of gRPC its own, by name. */
function status({ request }: CapturedRequest): string {
  if (!request) return ''
  if (request.protocol === RequestProtocol.GRPC && request.grpcStatus !== undefined)
    return grpcStatusName(request.grpcStatus)
  return request.httpStatus === 0 ? '' : String(request.httpStatus)
}

function statusColour({ request }: CapturedRequest): Colour | undefined {
  return request && COLOURS[endingClass(request)]
}

/** Where the last byte of the response was not seen, it took at least until the first. */
function duration({ durationNs, request }: CapturedRequest): string {
  if (durationNs > 0) return formatDurationNs(durationNs)
  return request?.responseStartNs ? `≥ ${formatDurationNs(request.responseStartNs)}` : ''
}

function bytes(count: number | undefined): string {
  return count ? formatBytes(count) : ''
}

function detail(request: RequestCapture | undefined): string {
  if (!request) return ''
  const parts: string[] = []
  if (request.outcome === RequestOutcome.ABORTED || request.outcome === RequestOutcome.UPGRADED)
    parts.push(requestOutcomeName(request.outcome))
  if (request.headersOmitted > 0) parts.push(`${request.headersOmitted} headers left out`)
  if (request.headersUnknown > 0) parts.push(`${request.headersUnknown} of them not known`)
  return parts.join(', ')
}
