import type { CapturedExchange } from './captured-exchange.ts'
import type { CapturedHead } from './request-source.ts'

/** What the kernel captured of a request of HTTP/1 and of its response, as one. @param response undefined: none came in time */
export function exchangeOfHeads(request: CapturedHead, response: CapturedHead | undefined): CapturedExchange {
  const { connection, place, generation, method, target, path, fields, omitted, traceParent, atNs } = request
  return {
    connection,
    stream: 0,
    place,
    source: 'packets',
    protocol: 'http1',
    generation,
    rule: request.rule ?? -1,
    method,
    target,
    path,
    authority: fields.find(({ name }) => name === 'host')?.value ?? '',
    requestFields: fields,
    responseFields: response?.fields ?? [],
    omitted: omitted + (response?.omitted ?? 0),
    unknown: 0,
    traceParent,
    startNs: atNs,
    requestEndNs: undefined,
    responseStartNs: response?.latencyNs === undefined ? undefined : atNs + response.latencyNs,
    responseEndNs: undefined,
    status: response?.status,
    grpcStatus: undefined,
    requestBytes: 0,
    responseBytes: 0,
    outcome: outcomeOf(response?.status),
    isOver: response !== undefined,
  }
}

function outcomeOf(status: number | undefined): CapturedExchange['outcome'] {
  if (status === undefined) return undefined
  return status === 101 ? 'upgraded' : 'answered'
}
