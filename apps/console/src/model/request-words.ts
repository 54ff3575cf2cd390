import {
  endingClass,
  grpcStatusName,
  RequestOutcome,
  RequestProtocol,
  RequestSide,
  RequestSource,
  type Ending,
  type EndingClass,
} from '@quadrant/proto'

/** Where in the host a request was seen, and what that is worth. */
export function sourceWords(source: RequestSource): string {
  switch (source) {
    case RequestSource.PACKETS:
      return 'packets of the cgroup'
    case RequestSource.SOCKETS:
      return 'send and receive calls of the socket (precise mode)'
    case RequestSource.TLS:
      return 'inside of the program, around its encryption'
    case RequestSource.UNSPECIFIED:
      return 'not told'
  }
  return String(source)
}

export function sideWords(side: RequestSide): string {
  if (side === RequestSide.CLIENT) return "the client's end"
  return side === RequestSide.SERVER ? "the server's end" : 'not told'
}

export type EndingTone = 'good' | 'quiet' | 'caution' | 'bad'

const TONES: Readonly<Record<EndingClass, EndingTone>> = {
  ok: 'good',
  'client-error': 'caution',
  error: 'bad',
}

/** How a request ended: `200`, `ok`, `14 unavailable`, `aborted`; and what to think of it. */
export function endingLooks(ending: Ending): { readonly text: string; readonly tone: EndingTone } {
  const { protocol, httpStatus, grpcStatus, outcome } = ending
  const tone = TONES[endingClass(ending)]
  if (outcome === RequestOutcome.ABORTED) return { text: 'aborted', tone }
  if (protocol === RequestProtocol.GRPC && grpcStatus !== undefined)
    return { text: grpcStatus === 0 ? 'ok' : `${grpcStatus} ${grpcStatusName(grpcStatus)}`, tone }
  if (httpStatus === 0) return { text: 'no status', tone: tone === 'good' ? 'quiet' : tone }
  return { text: String(httpStatus), tone }
}

/** Why traffic could not be read as requests, by the protocol's label. */
const OPAQUE: Readonly<Record<string, string>> = {
  tls: 'TLS: what is inside was not read',
  'http2-midstream': 'HTTP/2, joined after its first frame',
  'http1-midstream': 'HTTP/1, joined in the middle of a message',
  websocket: 'WebSocket',
  upgrade: 'Another protocol, after an upgrade',
  connect: 'A tunnel, after CONNECT',
  coalesced: 'Several messages in one packet',
  gap: 'A packet was missing',
  'too-long': 'A head that is longer than is read',
  malformed: 'What looked like HTTP and is none',
  'unknown-protocol': 'Another protocol',
}

/** The label itself where a later version has one that this one does not know. */
export function opaqueWords(label: string): string {
  return Object.hasOwn(OPAQUE, label) ? OPAQUE[label]! : label
}

export const OTHER_ROUTES = '~other'

/** The route as it is shown. */
export function routeText(route: string): string {
  return route === '' ? 'not readable' : route
}
