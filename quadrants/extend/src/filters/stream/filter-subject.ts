import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { StreamInfo } from './stream-info.ts'

/** What filters ask about: an exchange, or a connection, which has no headers. */
export interface FilterSubject {
  readonly info: StreamInfo
  readonly requestHeaders: HeaderMap | undefined
  readonly responseHeaders: HeaderMap | undefined
  readonly responseTrailersSeen: HeaderMap | undefined
  clearRouteCache(): void
}
