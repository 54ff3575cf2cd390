import { FlowEvent, Protocol } from './gen/quadrant/v1/telemetry_pb.ts'

/** How a flow ended, or that it has not. */
export const FLOW_STATUSES = ['ok', 'failed', 'reset', 'open'] as const
export type FlowStatus = (typeof FLOW_STATUSES)[number]

/** Events as they are typed and shown: `connect` for FLOW_EVENT_CONNECT. */
export const FLOW_EVENT_NAMES: ReadonlyMap<number, string> = new Map([
  [FlowEvent.LISTEN, 'listen'],
  [FlowEvent.CONNECT, 'connect'],
  [FlowEvent.ACCEPT, 'accept'],
  [FlowEvent.CLOSE, 'close'],
  [FlowEvent.FAIL, 'fail'],
  [FlowEvent.RESET, 'reset'],
  [FlowEvent.EXISTING, 'existing'],
  [FlowEvent.SEND, 'send'],
  [FlowEvent.RECEIVE, 'receive'],
  [FlowEvent.LOST, 'lost'],
])

/** The number itself where a later version has an event that this one does not know. */
export function flowEventName(event: number): string {
  return FLOW_EVENT_NAMES.get(event) ?? String(event)
}

export function flowStatus(event: number): FlowStatus {
  switch (event) {
    case FlowEvent.FAIL:
      return 'failed'
    case FlowEvent.RESET:
      return 'reset'
    case FlowEvent.CLOSE:
    case FlowEvent.LOST:
      return 'ok'
    default:
      return 'open'
  }
}

/** `tcp`, `udp`, or the number of another protocol. */
export function protocolName(protocol: number): string {
  if (protocol === Protocol.TCP) return 'tcp'
  return protocol === Protocol.UDP ? 'udp' : String(protocol)
}
