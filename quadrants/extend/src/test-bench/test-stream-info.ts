import type { ConnectionInfo, StreamInfo } from '../filters/stream/stream-info.ts'

const CONNECTION: ConnectionInfo = {
  id: 1,
  sourceAddress: '127.0.0.1:50000',
  sourcePort: 50_000,
  destinationAddress: '127.0.0.1:8080',
  destinationPort: 8080,
}

/** What a filter can ask about an exchange of a case: the same each time. */
export class TestStreamInfo implements StreamInfo {
  readonly connection = CONNECTION
  /** Empty where it is none of HTTP. */
  readonly protocol: string
  readonly startTimeMs: number
  readonly listenerName = 'test'
  readonly routeName = 'test'
  readonly virtualHostName = 'test'
  readonly clusterName = 'upstream'
  readonly upstreamAddress = '127.0.0.1:9000'
  readonly upstreamTransportFailure = undefined
  requestBodyBytes = 0
  requestHeadBytes = 0
  responseBodyBytes = 0
  responseHeadBytes = 0
  responseStatus = 0
  readonly responseDetails = ''
  readonly responseFlags = 0
  readonly requestId = '00000000-0000-4000-8000-000000000001'
  durationNs: number | undefined

  constructor(startTimeMs: number, protocol: string) {
    this.protocol = protocol
    this.startTimeMs = startTimeMs
  }
}
