import { formatAddress } from '@quadrant/core'
import { captureValues, requestValues, type RequestSeries } from '@quadrant/proto'
import type { StoredCapture } from '../store/request-captures.ts'
import type { EndpointRef } from '../store/store.ts'
import type { AddressNames } from './address-names.ts'
import { edgeEndNames, endHost } from './node.ts'

type Lookup = (key: string) => readonly string[] | undefined

/** What series and captures have in common. */
type Told = Pick<RequestSeries, 'protocol' | 'method' | 'route' | 'httpStatus' | 'serverPort' | 'outcome'> & {
  readonly grpcStatus?: number | undefined
}

/** Who sent and who served it, and what their addresses are called. */
export interface RequestEnds {
  readonly client: EndpointRef
  readonly server: EndpointRef
  readonly names: AddressNames
}

/** What `REQUEST_FIELDS` mean. */
export function requestLookup(told: Told, { client, server, names }: RequestEnds): Lookup {
  return (key) => {
    switch (key) {
      case 'from':
        return edgeEndNames(client, names)
      case 'to':
        return edgeEndNames(server, names)
      case 'svc':
        return [...edgeEndNames(client, names), ...edgeEndNames(server, names)]
      case '*':
        return [...edgeEndNames(client, names), ...edgeEndNames(server, names), told.method, told.route]
      case 'ip':
        return [client, server].flatMap((end) => (end.kind === 'address' ? [end.address] : []))
      case 'host':
        return [client, server].flatMap((end) => endHost(end) ?? [])
      default:
        return requestValues(told, key)
    }
  }
}

/** What `CAPTURE_FIELDS` mean. */
export function captureLookup(capture: StoredCapture, ends: RequestEnds): Lookup {
  const { request, host } = capture
  const lookup = requestLookup(request, ends)
  return (key) => {
    switch (key) {
      case 'trace':
        return request.traceId.length > 0 ? [request.traceId.toHex()] : []
      case 'duration': {
        // Where the last byte was not seen, what counts is until the first, as of requests that are only counted.
        const ns = request.responseEndNs || request.responseStartNs
        return ns > 0 ? [String(ns / 1e6)] : []
      }
      case 'pid':
        return [ends.client, ends.server].flatMap((end) =>
          end.kind === 'process' ? [String(end.process.pid)] : [],
        )
      case 'ip':
        return [formatAddress(request.clientAddress), formatAddress(request.serverAddress)]
      case 'host':
        return [host]
      case '*':
        return [...lookup('*')!, request.target, request.authority]
      default:
        return captureValues(request, key) ?? lookup(key)
    }
  }
}
