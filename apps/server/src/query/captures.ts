import { setImmediate } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { formatAddress, formatCoordinate, matchFieldQuery, type FieldQuery } from '@quadrant/core'
import {
  CapturedRequestSchema,
  ListRequestsResponseSchema,
  isCaptureLoss,
  type CapturedRequest,
  type ListRequestsResponse,
} from '@quadrant/proto'
import type { StoredCapture } from '../store/request-captures.ts'
import type { EndpointRef, NsRange, Store } from '../store/store.ts'
import { AddressNames } from './address-names.ts'
import { planRange } from './range.ts'
import { captureLookup, type RequestEnds } from './request-lookup.ts'
import { processName } from './subject.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 1000
/** Captures that are decoded at a time: other work runs in between. */
const ROWS_PER_PAGE = 250
const EMPTY = new Uint8Array()

export interface CapturesRequest {
  readonly range: NsRange
  readonly query: FieldQuery
  /** 0 is the default. */
  readonly limit: number
  /** Ids between these, without them; 0: no bound. */
  readonly before: number
  readonly after: number
  readonly nowNs: number
  readonly signal?: AbortSignal
}

/** Answers ListRequests. */
export async function queryCaptures(store: Store, request: CapturesRequest): Promise<ListRequestsResponse> {
  const { range, query, after, nowNs, signal } = request
  const limit = Math.min(request.limit || LIMIT_DEFAULT, LIMIT_MAX)
  const found: CapturedRequest[] = []
  let before = request.before || Number.MAX_SAFE_INTEGER
  let nextBefore = 0
  search: while (true) {
    signal?.throwIfAborted()
    const page = await store.requests.captures({ range, after, before, limit: ROWS_PER_PAGE })
    const names = await namesOf(store, page, range)
    for (const capture of page) {
      const ends = endsOf(capture, names)
      if (query.terms.length > 0 && !matchFieldQuery(query, captureLookup(capture, ends))) continue
      if (found.length === limit) {
        nextBefore = found.at(-1)!.id
        break search
      }
      found.push(captureMessage(capture, ends))
    }
    if (page.length < ROWS_PER_PAGE) break
    before = page.at(-1)!.id
    await setImmediate()
  }
  const [size, drops] = await Promise.all([store.size(), store.drops(planRange(range, nowNs).spans)])
  return create(ListRequestsResponseSchema, {
    requests: found,
    nextBefore,
    kept: size.captures,
    keptLimit: size.capturesLimit,
    drops: drops.filter(isCaptureLoss),
  })
}

/** What the addresses of some captures were called in a range. */
async function namesOf(
  store: Store,
  captures: readonly StoredCapture[],
  { endNs }: NsRange,
): Promise<AddressNames> {
  const addresses = new Set(
    captures.flatMap(({ request: { clientAddress, serverAddress } }) => [
      formatAddress(clientAddress),
      formatAddress(serverAddress),
    ]),
  )
  return new AddressNames(await store.namesOf(addresses), endNs)
}

/** An end that is no process, or one that was forgotten since, is where the connection went. */
function endsOf(capture: StoredCapture, names: AddressNames): RequestEnds {
  const { clientAddress, serverAddress } = capture.request
  return {
    names,
    client: capture.client ?? { kind: 'address', address: formatAddress(clientAddress) },
    server: capture.server ?? { kind: 'address', address: formatAddress(serverAddress) },
  }
}

function captureMessage(
  { id, host, process, request }: StoredCapture,
  { client, server, names }: RequestEnds,
): CapturedRequest {
  const nameOf = (end: EndpointRef) => (end.kind === 'address' ? (names.of(end.address)[0] ?? '') : '')
  return create(CapturedRequestSchema, {
    id,
    host,
    client: coordinateOf(client),
    server: coordinateOf(server),
    clientService: serviceOf(client),
    serverService: serviceOf(server),
    clientPid: pidOf(client),
    serverPid: pidOf(server),
    clientAddress: formatAddress(request.clientAddress),
    serverAddress: formatAddress(request.serverAddress),
    clientName: nameOf(client),
    serverName: nameOf(server),
    process: process ? processName(process) : '',
    durationNs: request.responseEndNs,
    traceId: request.traceId.toHex(),
    parentSpanId: request.parentSpanId.toHex(),
    request: { ...request, clientAddress: EMPTY, serverAddress: EMPTY },
  })
}

function coordinateOf(end: EndpointRef): string {
  switch (end.kind) {
    case 'process':
      return processName(end.process)
    case 'address':
      return formatCoordinate({ kind: 'addr', address: end.address })
    case 'other':
      return formatCoordinate({ kind: 'other', reason: end.reason })
    case 'ended':
      return formatCoordinate({ kind: 'svc', name: end.service })
  }
}

function serviceOf(end: EndpointRef): string {
  return end.kind === 'process' ? end.process.service : end.kind === 'ended' ? end.service : ''
}

function pidOf(end: EndpointRef): number {
  return end.kind === 'process' ? end.process.pid : 0
}
