import { endNames, parseCoordinate } from '@quadrant/core'
import { captureValues, type CapturedRequest, type RequestCapture } from '@quadrant/proto'

/** What `CAPTURE_FIELDS` mean of a line of a recording: the same as of what the server keeps. */
export function requestLookup(
  row: CapturedRequest,
  request: RequestCapture,
): (key: string) => readonly string[] | undefined {
  const from = () => namesOf(row.client, row.clientService, row.clientName)
  const to = () => namesOf(row.server, row.serverService, row.serverName)
  return (key) => {
    switch (key) {
      case 'from':
        return from()
      case 'to':
        return to()
      case 'svc':
        return [...from(), ...to()]
      case '*':
        return [...from(), ...to(), request.method, request.route, request.target, request.authority]
      case 'ip':
        return [row.clientAddress, row.serverAddress]
      case 'host':
        return [row.host]
      case 'trace':
        return row.traceId === '' ? [] : [row.traceId]
      case 'duration':
        return milliseconds(row.durationNs || request.responseStartNs)
      case 'pid':
        return [row.clientPid, row.serverPid].filter((pid) => pid !== 0).map(String)
      default:
        return captureValues(request, key)
    }
  }
}

function milliseconds(ns: number): readonly string[] {
  return ns > 0 ? [String(ns / 1e6)] : []
}

/** Of an end by its coordinate. */
function namesOf(coordinate: string, service: string, name: string): readonly string[] {
  const { value } = parseCoordinate(coordinate)
  switch (value?.kind) {
    case 'proc':
      return endNames({
        host: value.host,
        service,
        pid: Number.parseInt(value.key, 10),
        processKey: value.key,
      })
    case 'addr':
      return [...endNames({ host: '', address: value.address }), ...(name === '' ? [] : [name])]
    case 'other':
      return ['~other', coordinate]
    default:
      return []
  }
}
