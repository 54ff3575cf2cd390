import type { StreamSource } from '../../../filters/foreign/attribute-source.ts'
import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { ConnectionInfo } from '../../../filters/stream/stream-info.ts'

/** A request as conditions see it; what costs something is found when it is first asked for. */
export interface RequestView {
  readonly headers: HeaderMap
  readonly connection: ConnectionInfo
  /** `HTTP/1.1` */
  readonly protocol: string
  /** Without the query. */
  readonly path: string
  /** What is behind `?`, without it. */
  readonly query: string
  readonly requestId: string
  /** For all that only few ask for. */
  readonly source: StreamSource
}
