import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { StreamInfo } from '../../filters/stream/stream-info.ts'
import type { LogEntry } from '../access-log/log-entry.ts'

const INFO: StreamInfo = {
  connection: {
    id: 7,
    sourceAddress: '203.0.113.9:50123',
    sourcePort: 50_123,
    destinationAddress: '[::1]:8443',
    destinationPort: 8443,
    tls: {
      version: 'TLSv1.3',
      serverName: 'shop.example',
      isMutual: true,
      peerSubject: 'CN=client',
      peerUriSan: 'spiffe://example/client',
      peerDnsSan: undefined,
      peerFingerprintSha256: 'ab12',
      localSubject: 'CN=shop.example',
    },
  },
  protocol: 'HTTP/2',
  startTimeMs: Date.UTC(2026, 10, 27, 9, 8, 7, 65) + 0.4321,
  listenerName: 'web',
  routeName: 'cart',
  virtualHostName: 'shop',
  clusterName: 'cart-v1',
  upstreamAddress: '10.0.0.2:80',
  upstreamTransportFailure: undefined,
  requestBodyBytes: 12,
  requestHeadBytes: 300,
  responseBodyBytes: 3456,
  responseHeadBytes: 99,
  responseStatus: 503,
  responseDetails: 'upstream reset before response',
  responseFlags: 0x40 | 0x8000,
  requestId: 'r-1',
  durationNs: 12_345_678,
}

export interface EntryParts {
  readonly info?: Partial<StreamInfo>
  readonly entry?: Partial<LogEntry>
  readonly request?: readonly (readonly [string, string])[]
  readonly response?: readonly (readonly [string, string])[]
}

/** An exchange that has been, with what the test says of it. */
export function logEntryOf({ info, entry, request = [], response = [] }: EntryParts = {}): LogEntry {
  return {
    info: { ...INFO, ...info },
    requestHeaders: HeaderMap.of([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'shop.example'],
      [':path', '/cart?x=1'],
      ...request,
    ]),
    responseHeaders: HeaderMap.of([[':status', '503'], ...response]),
    responseTrailers: undefined,
    timing: {
      requestEndMs: 1.9,
      upstreamRequestBeginMs: 2.1,
      upstreamRequestEndMs: 3.7,
      upstreamResponseBeginMs: 9.5,
      upstreamResponseEndMs: 11,
      responseEndMs: 12.3,
    },
    attemptCount: 2,
    ...entry,
  }
}
