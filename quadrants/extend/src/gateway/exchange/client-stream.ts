import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { ConnectionInfo } from '../../filters/stream/stream-info.ts'

/** The client's side of one exchange: a request on a connection of HTTP/1.1, a stream of HTTP/2. */
export interface ClientStream {
  readonly connection: ConnectionInfo
  /** `HTTP/1.0`, `HTTP/1.1`, `HTTP/2` */
  readonly protocol: string
  /** A head such as 103, before that of the response; clients that do not know any are told nothing. */
  interim(headers: HeaderMap): void
  /** May be held back until the first bytes of the body, or `flush`, so that both are one write. */
  responseHead(headers: HeaderMap, isEnd: boolean): void
  /** The bytes become the stream's, which has to keep them (`Transport.keep`) where they are not written at once. False: the client takes no more for now; `Exchange.onClientWritable` follows. */
  responseBody(bytes: Uint8Array, isEnd: boolean): boolean
  responseTrailers(headers: HeaderMap): void
  /** Nothing more comes right now. */
  flush(): void
  /** The request's body is wanted: 100 where the client waits to be told. */
  continueRequest(): void
  holdRequest(isHeld: boolean): void
  /** There will be no response, or no more of it. */
  reset(): void
}
