import { create } from '@bufbuild/protobuf'
import {
  OpaqueSeriesSchema,
  type RequestBatch,
  RequestBatchSchema,
  type RequestCapture,
  RequestOutcome,
  RequestProtocol,
  RequestSeriesSchema,
  RequestSide,
  RequestSource,
} from '@quadrant/proto'
import type { EndpointList } from '../model/endpoint-list.ts'
import { LatencySum } from './latency-sum.ts'
import type { RequestEnd, RequestEnds } from './request-ends.ts'
import type { OpaqueSeries, RequestSeries } from './request-source.ts'

/** Series of one batch, and opaque ones: some 500 bytes each. */
const SERIES_MAX = 4096

/** How the contract calls what a source tells of. */
export const PROTOCOLS = {
  'http/1.0': RequestProtocol.HTTP1,
  'http/1.1': RequestProtocol.HTTP1,
  'http/2': RequestProtocol.HTTP2,
  grpc: RequestProtocol.GRPC,
} as const

/** How the contract calls by what they were seen. */
export const REQUEST_SOURCES = {
  packets: RequestSource.PACKETS,
  sockets: RequestSource.SOCKETS,
  tls: RequestSource.TLS,
} as const

interface Sum {
  readonly ends: RequestEnds
  readonly row: RequestSeries
  readonly route: string
  readonly latency: LatencySum
  count: number
  requestBytes: number
  responseBytes: number
}

interface OpaqueSum {
  readonly ends: RequestEnds
  readonly row: OpaqueSeries
  count: number
}

/** What the texts of a batch's captures may have in all, characters: a frame has room for some more. */
const CAPTURE_TEXT_MAX = 1 << 20

/** Of whom a capture is told. */
export interface CaptureOwners {
  readonly ends: RequestEnds
  /** Id of the process at its side; undefined where it is not known. */
  readonly process: number | undefined
}

interface Captured extends CaptureOwners {
  readonly capture: RequestCapture
}

/** What is told of requests in one batch: rows that are alike are one. */
export class RequestLog {
  #sums = new Map<string, Sum>()
  #opaque = new Map<string, OpaqueSum>()
  #captures: Captured[] = []
  #captureText = 0
  #seenCount = 0
  #droppedCount = 0

  /** Requests that were added; cumulative. */
  get seenCount(): number {
    return this.#seenCount
  }

  /** Requests of series over the limit; cumulative. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  /** Adds a row under its route. */
  add(row: RequestSeries, ends: RequestEnds, route: string): void {
    this.#seenCount += row.count
    const key = `${placeKey(row, ends)} ${PROTOCOLS[row.protocol]} ${row.method} ${row.status} ${row.grpcStatus} ${row.source} ${route}`
    let sum = this.#sums.get(key)
    if (sum === undefined) {
      if (this.#sums.size >= SERIES_MAX) {
        this.#droppedCount += row.count
        return
      }
      const latency = new LatencySum(row.latency)
      sum = { ends, row, route, latency, count: 0, requestBytes: 0, responseBytes: 0 }
      this.#sums.set(key, sum)
    }
    sum.count += row.count
    sum.requestBytes += row.requestBytes
    sum.responseBytes += row.responseBytes
    sum.latency.add(row.latency, row.latencyNs)
  }

  /** @param row with the connections since it was added last */
  addOpaque(row: OpaqueSeries, ends: RequestEnds): void {
    const key = `${placeKey(row, ends)} ${row.serverName}`
    const sum = this.#opaque.get(key)
    if (sum !== undefined) sum.count += row.count
    else if (this.#opaque.size < SERIES_MAX) this.#opaque.set(key, { ends, row, count: row.count })
  }

  /** Whether there was room for it. */
  addCapture(capture: RequestCapture, owners: CaptureOwners): boolean {
    const length = textOfCapture(capture)
    if (this.#captureText + length > CAPTURE_TEXT_MAX) return false
    this.#captureText += length
    this.#captures.push({ ...owners, capture })
    return true
  }

  /** What was added since the last call; undefined where that is nothing. */
  take(list: EndpointList): RequestBatch | undefined {
    if (this.#sums.size + this.#opaque.size + this.#captures.length === 0) return undefined
    const batch = create(RequestBatchSchema, {
      series: Array.from(this.#sums.values(), (sum) => seriesOf(sum, list)),
      opaque: Array.from(this.#opaque.values(), ({ ends, row, count }) =>
        create(OpaqueSeriesSchema, {
          ...endsOf(ends, list),
          serverPort: row.serverPort,
          side: sideOf(row.side),
          label: 'tls',
          name: row.serverName ?? '',
          connections: count,
        }),
      ),
      captures: this.#captures.map(({ ends, process, capture }) =>
        Object.assign(capture, endsOf(ends, list), {
          process: process === undefined ? 0 : list.processIndexOf(process),
        }),
      ),
    })
    this.#sums = new Map()
    this.#opaque = new Map()
    this.#captures = []
    this.#captureText = 0
    return batch
  }
}

function seriesOf({ ends, row, route, latency, ...sums }: Sum, list: EndpointList) {
  const durations = latency.toHistogram(sums.count)
  return create(RequestSeriesSchema, {
    ...endsOf(ends, list),
    serverPort: row.serverPort,
    protocol: PROTOCOLS[row.protocol],
    side: sideOf(row.side),
    source: REQUEST_SOURCES[row.source ?? 'packets'],
    outcome: outcomeOf(row),
    method: row.method ?? '',
    route,
    httpStatus: row.status ?? 0,
    grpcStatus: row.grpcStatus,
    ...sums,
    ...(durations && { durations }),
  })
}

/** Of the place for the rest nothing is known; what has no status ended without an answer. */
function outcomeOf({ method, status }: RequestSeries): RequestOutcome {
  if (status === undefined) return RequestOutcome.UNSPECIFIED
  if (status === 0) return RequestOutcome.ABORTED
  const isTunnel = method === 'CONNECT' && status >= 200 && status < 300
  return isTunnel || status === 101 ? RequestOutcome.UPGRADED : RequestOutcome.ANSWERED
}

export function sideOf(side: RequestSeries['side']): RequestSide {
  return side === 'server' ? RequestSide.SERVER : RequestSide.CLIENT
}

function endsOf({ client, server }: RequestEnds, list: EndpointList): { client: number; server: number } {
  return { client: indexOf(client, list), server: indexOf(server, list) }
}

function indexOf(end: RequestEnd, list: EndpointList): number {
  if (typeof end === 'number') return list.indexOf(end)
  return 'other' in end ? list.indexOfOther(end.other) : list.indexOfAddress(end.address)
}

function textOfCapture({ target, requestHeaders, responseHeaders }: RequestCapture): number {
  // Some 500 more are its addresses and times.
  let length = 500 + target.length
  for (const { name, value } of [...requestHeaders, ...responseHeaders]) length += name.length + value.length
  return length
}

function placeKey(
  { side, serverPort }: Pick<RequestSeries, 'side' | 'serverPort'>,
  { client, server }: RequestEnds,
): string {
  return `${side} ${serverPort} ${textOf(client)} ${textOf(server)}`
}

function textOf(end: RequestEnd): string {
  if (typeof end === 'number') return String(end)
  return 'other' in end ? end.other : `@${Buffer.from(end.address).toString('hex')}`
}
