import type { BufferType, MapType, Result, StreamType } from './abi.ts'
import type { BodyBuffer } from './body-buffer.ts'
import type { Properties } from './filter-host.ts'
import type { HeaderMap } from './header-map.ts'
import type { RootContext } from './root-context.ts'

/** An answer that a filter gives in place of the upstream's. */
export interface LocalResponse {
  readonly status: number
  readonly details: string
  readonly body: Uint8Array
  readonly headers: HeaderMap
  /** Undefined where it gave none, which is -1 in the ABI. */
  readonly grpcStatus: number | undefined
}

/** What a number that a guest gives its hostcalls for stands for: a plugin, a stream of HTTP, or a connection. */
export interface FilterContext {
  readonly id: number
  readonly properties: Properties
  /** The plugin that it belongs to: itself, where it is one. */
  readonly root: RootContext
  /** To be read. */
  map(type: MapType): HeaderMap | undefined
  /** To be changed. */
  mutableMap(type: MapType): HeaderMap | undefined
  /** Another route may match now. */
  clearRouteCache(): void
  /** Bytes that cannot be changed are no `BodyBuffer`. */
  buffer(type: BufferType): BodyBuffer | Uint8Array | undefined
  continueStream(type: StreamType): Result
  closeStream(type: StreamType): Result
  localResponse(response: LocalResponse): Result
  /** A guest that was not done says now that it is. */
  done(): Result
}
