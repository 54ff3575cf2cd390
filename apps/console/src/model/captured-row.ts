import { formatDurationNs } from '@quadrant/core'
import { subjectTitle } from './subjects.ts'
import { requestProtocolName, type CapturedRequest, type RequestCapture } from '@quadrant/proto'
import { endingLooks, type EndingTone } from './request-words.ts'

/** One end of a captured request. */
export interface CapturedEnd {
  readonly name: string
  /** Its coordinate. */
  readonly id: string
  readonly address: string
  readonly port: number
  readonly pid: number
}

/** A captured request as a row of the table. */
export interface CapturedRow {
  readonly key: string
  /** When its first byte came, milliseconds of the Unix epoch. */
  readonly timeMs: number
  readonly method: string
  readonly route: string
  /** Path and query, secrets taken out. */
  readonly target: string
  readonly protocol: string
  readonly status: string
  readonly tone: EndingTone
  /** Nanoseconds; undefined where the end was not seen. */
  readonly durationNs: number | undefined
  /** What stands for it among the times of all requests: where the end was not seen, the time to the first byte of the response. */
  readonly latencyNs: number | undefined
  readonly client: CapturedEnd
  readonly server: CapturedEnd
  /** In hexadecimal; empty where it has none. */
  readonly traceId: string
  readonly spanId: string
  readonly source: CapturedRequest
  readonly request: RequestCapture
}

/** Undefined where the server sent no request at all. */
export function toCapturedRow(captured: CapturedRequest): CapturedRow | undefined {
  const { request } = captured
  if (!request) return undefined
  const { text, tone } = endingLooks(request)
  return {
    key: String(captured.id),
    timeMs: request.startNs / 1e6,
    method: request.method,
    route: request.route,
    target: request.target,
    protocol: requestProtocolName(request.protocol),
    status: text,
    tone,
    durationNs: captured.durationNs || undefined,
    latencyNs: captured.durationNs || request.responseStartNs || undefined,
    client: {
      name: captured.clientService || endName(captured.client, captured.clientAddress),
      id: captured.client,
      address: captured.clientAddress,
      port: request.clientPort,
      pid: captured.clientPid,
    },
    server: {
      name: captured.serverService || endName(captured.server, captured.serverAddress),
      id: captured.server,
      address: captured.serverAddress,
      port: request.serverPort,
      pid: captured.serverPid,
    },
    traceId: captured.traceId,
    spanId: captured.parentSpanId,
    source: captured,
    request,
  }
}

function endName(coordinate: string, address: string): string {
  return coordinate.startsWith('proc:') ? subjectTitle(coordinate) : address || coordinate
}

/** Rows of the table, newest first: by when they were committed, as the server tells them. */
export interface CapturedBuffer {
  readonly rows: readonly CapturedRow[]
  /** Largest id that is known; 0 for none. */
  readonly newestId: number
  /** For the next page of older ones; 0 where there is none. */
  readonly nextBefore: number
  /** Rows that were here and had to go. */
  readonly forgottenCount: number
}

export const NO_CAPTURES: CapturedBuffer = { rows: [], newestId: 0, nextBefore: 0, forgottenCount: 0 }

/** As many rows as the console holds; the oldest go first, and are counted. */
const CAPTURED_ROWS_MAX = 5000

/** Adds rows of any age. One that is there already is not added twice. */
export function addCaptured(
  buffer: CapturedBuffer,
  added: readonly CapturedRequest[],
  limit = CAPTURED_ROWS_MAX,
): CapturedBuffer {
  const known = new Set(buffer.rows.map(({ key }) => key))
  const fresh = added
    .map(toCapturedRow)
    .filter((row) => row !== undefined)
    .filter(({ key }) => !known.has(key))
  if (fresh.length === 0) return buffer
  const all = [...buffer.rows, ...fresh].sort((a, b) => b.source.id - a.source.id)
  const rows = all.slice(0, limit)
  return {
    ...buffer,
    rows,
    newestId: Math.max(buffer.newestId, rows[0]?.source.id ?? 0),
    forgottenCount: buffer.forgottenCount + all.length - rows.length,
  }
}

/** `2.40 ms`; where the end was not seen it took at least until the first byte of the response: `≥ 1.90 ms`. */
export function durationText({ durationNs, latencyNs }: CapturedRow): string | undefined {
  if (durationNs !== undefined) return formatDurationNs(durationNs)
  return latencyNs === undefined ? undefined : `≥ ${formatDurationNs(latencyNs)}`
}

/** The times between the moments of a request, nanoseconds; undefined where one of them was not seen. */
export interface RequestPhases {
  /** First byte of the request to its last one. */
  readonly sendingNs: number | undefined
  /** To the first byte of the response. */
  readonly waitingNs: number | undefined
  /** To the last byte of the response. */
  readonly receivingNs: number | undefined
}

export function requestPhases({
  requestEndNs,
  responseStartNs,
  responseEndNs,
}: RequestCapture): RequestPhases {
  const between = (from: number, to: number) => (from > 0 && to > 0 ? Math.max(0, to - from) : undefined)
  return {
    sendingNs: requestEndNs > 0 ? requestEndNs : undefined,
    waitingNs: between(requestEndNs, responseStartNs),
    receivingNs: between(responseStartNs, responseEndNs),
  }
}
