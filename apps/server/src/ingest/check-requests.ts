import type { HeaderField, OpaqueSeries, RequestBatch, RequestCapture, RequestSeries } from '@quadrant/proto'
import { checkDurations } from './check-durations.ts'
import { clean } from './clean.ts'
import { atMost, counter, nsTime, Refused, TEXT_MAX, within } from './refusal.ts'

/** Limits of one frame, over what any agent tells in a tick. */
const LIMITS = { series: 50_000, captures: 20_000, opaque: 20_000 } as const
/** Of one head, both ways; a path and its query; a name of DNS. */
const HEADERS_MAX = 128
const TARGET_LENGTH_MAX = 4096
const NAME_LENGTH_MAX = 255
/** Largest number of each enumeration, and one more: the first that is none. */
const PROTOCOLS = 4
const SIDES = 3
const SOURCES = 4
const OUTCOMES = 4
const HTTP_STATUS_MAX = 999
/** After its beginning, a request that is longer than any connection. */
const DURATION_NS_MAX = 400 * 86_400e9
const PORT_MAX = 65_535

/** What indices in a batch may refer to, and its time. */
export interface RequestContext {
  readonly endpoints: number
  readonly processKeys: number
  readonly nowNs: number
}

/**
 * Checks everything in what an agent tells of requests that later use relies on. What agents made is refused where it is
 * wrong; what they read off connections is made harmless.
 *
 * @throws {Refused}
 */
export function checkRequests(batch: RequestBatch, context: RequestContext): RequestBatch {
  for (const [name, limit] of Object.entries(LIMITS) as [keyof typeof LIMITS, number][])
    atMost(`requests.${name}`, batch[name].length, limit)
  return {
    ...batch,
    series: batch.series.map((series, i) => checkSeries(`requests.series[${i}]`, series, context)),
    captures: batch.captures.map((capture, i) => checkCapture(`requests.captures[${i}]`, capture, context)),
    opaque: batch.opaque.map((series, i) => checkOpaque(`requests.opaque[${i}]`, series, context)),
  }
}

function checkSeries(at: string, series: RequestSeries, context: RequestContext): RequestSeries {
  checkEnds(at, series, context)
  checkKinds(at, series)
  checkStatus(at, series)
  counter(`${at}.count`, series.count)
  counter(`${at}.request_bytes`, series.requestBytes)
  counter(`${at}.response_bytes`, series.responseBytes)
  if (series.durations) checkDurations(`${at}.durations`, series.durations, series.count)
  return {
    ...series,
    method: clean(series.method, TEXT_MAX.label),
    route: clean(series.route, TEXT_MAX.name + 1),
  }
}

function checkCapture(at: string, capture: RequestCapture, context: RequestContext): RequestCapture {
  checkEnds(at, capture, context)
  checkKinds(at, capture)
  checkStatus(at, capture)
  nsTime(`${at}.start_ns`, capture.startNs, context.nowNs)
  for (const name of ['requestEndNs', 'responseStartNs', 'responseEndNs'] as const)
    counter(`${at}.${name}`, capture[name], DURATION_NS_MAX)
  for (const name of ['cookie', 'requestBytes', 'responseBytes'] as const)
    counter(`${at}.${name}`, capture[name])
  within(`${at}.process`, capture.process, context.processKeys + 1)
  within(`${at}.client_port`, capture.clientPort, PORT_MAX + 1)
  checkLength(`${at}.client_address`, capture.clientAddress, [4, 16])
  checkLength(`${at}.server_address`, capture.serverAddress, [4, 16])
  checkLength(`${at}.trace_id`, capture.traceId, [0, 16])
  checkLength(`${at}.parent_span_id`, capture.parentSpanId, [0, 8])
  atMost(`${at}.headers`, capture.requestHeaders.length + capture.responseHeaders.length, HEADERS_MAX)
  return {
    ...capture,
    method: clean(capture.method, TEXT_MAX.label),
    route: clean(capture.route, TEXT_MAX.name + 1),
    target: clean(capture.target, TARGET_LENGTH_MAX),
    authority: clean(capture.authority, NAME_LENGTH_MAX),
    rule: clean(capture.rule, TEXT_MAX.label),
    requestHeaders: capture.requestHeaders.map(cleanHeader),
    responseHeaders: capture.responseHeaders.map(cleanHeader),
  }
}

function checkOpaque(at: string, series: OpaqueSeries, context: RequestContext): OpaqueSeries {
  checkEnds(at, series, context)
  within(`${at}.side`, series.side >>> 0, SIDES)
  for (const name of ['connections', 'bytesToServer', 'bytesToClient', 'requests'] as const)
    counter(`${at}.${name}`, series[name])
  return { ...series, label: clean(series.label, TEXT_MAX.label), name: clean(series.name, NAME_LENGTH_MAX) }
}

type Ends = Pick<RequestSeries, 'client' | 'server' | 'serverPort'>
type Kinds = Pick<RequestSeries, 'protocol' | 'side' | 'source' | 'outcome'>

function checkEnds(at: string, { client, server, serverPort }: Ends, { endpoints }: RequestContext): void {
  within(`${at}.client`, client, endpoints)
  within(`${at}.server`, server, endpoints)
  within(`${at}.server_port`, serverPort, PORT_MAX + 1)
}

/** An enumeration's number is any 32 bits, also negative ones. */
function checkKinds(at: string, { protocol, side, source, outcome }: Kinds): void {
  within(`${at}.protocol`, protocol >>> 0, PROTOCOLS)
  within(`${at}.side`, side >>> 0, SIDES)
  within(`${at}.source`, source >>> 0, SOURCES)
  within(`${at}.outcome`, outcome >>> 0, OUTCOMES)
}

function checkStatus(at: string, { httpStatus }: Pick<RequestSeries, 'httpStatus'>): void {
  within(`${at}.http_status`, httpStatus, HTTP_STATUS_MAX + 1)
}

function cleanHeader(field: HeaderField): HeaderField {
  return {
    ...field,
    name: clean(field.name, TEXT_MAX.label),
    value: clean(field.value, TEXT_MAX.path),
  }
}

function checkLength(name: string, bytes: Uint8Array, lengths: readonly number[]): void {
  if (!lengths.includes(bytes.length))
    throw new Refused('address', `${name} has ${bytes.length} bytes, not ${lengths.join(' or ')}`)
}
