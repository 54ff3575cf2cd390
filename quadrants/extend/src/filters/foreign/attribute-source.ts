import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { StreamInfo } from '../stream/stream-info.ts'
import type { FilterState } from './filter-state.ts'
import type { NodeIdentity } from './struct-message.ts'

/** The plugin that asks. */
export interface PluginIdentity {
  readonly name: string
  readonly rootId: string
  readonly vmId: string
}

/**
 * What attributes are read from, each time one is asked for. Envoy's filters see the headers of the request only while it
 * is on its way to the upstream, and when the exchange is logged: the maps are undefined otherwise.
 */
export interface StreamSource {
  readonly info: StreamInfo
  readonly state: FilterState
  readonly requestHeaders: () => HeaderMap | undefined
  readonly responseHeaders: () => HeaderMap | undefined
  readonly responseTrailers: () => HeaderMap | undefined
}

export interface AttributeSource {
  readonly plugin: PluginIdentity
  readonly node: NodeIdentity | undefined
  /** Undefined where there is neither a request nor a connection. */
  readonly stream: StreamSource | undefined
}
