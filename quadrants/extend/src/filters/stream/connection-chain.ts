import type { CloseType } from '@quadrant/wasm/proxy-wasm'
import type { StreamInfo } from './stream-info.ts'

/**
 * A connection of bytes on its way through filters. Whoever has both of its ends tells it what comes from either, in
 * order; what is to go on it says to its `ConnectionSink`, at once or later. Everything is synchronous, on one thread.
 *
 * ```
 *             downstreamData                     sink.toUpstream
 *   client  ─────────────────▶ filters, in order ───────────────▶ upstream
 *           ◀───────────────── filters, reversed ◀───────────────
 *             sink.toClient                      upstreamData
 * ```
 */
export interface ConnectionChain {
  /** First: the sink is told to connect once all filters let it. */
  begin(): void
  /** The bytes become the chain's. `isEnd`: the client writes no more. */
  downstreamData(bytes: Uint8Array, isEnd: boolean): void
  upstreamData(bytes: Uint8Array, isEnd: boolean): void
  /** Whether a filter has stopped the connection, or something of either direction, and has not let it go on. */
  readonly isHolding: boolean
  /** It is over: filters log it, and are done with it. Nothing reaches the sink after it. */
  end(by: CloseType): void
}

/** What a chain has done with a connection, by whoever has its ends. */
export interface ConnectionSink {
  /** To the upstream; nothing is read from the client before that is done. */
  connect(): void
  /** The bytes become the sink's. */
  toUpstream(bytes: Uint8Array, isEnd: boolean): void
  toClient(bytes: Uint8Array, isEnd: boolean): void
  /** A filter ends the connection; what is on its way to the client still goes out. */
  finish(): void
  /** Too much of what the client sends lies in the chain, or no more so. */
  holdDownstream(isHeld: boolean): void
  holdUpstream(isHeld: boolean): void
}

/** Filters in their order, as one generation of a configuration has them. */
export interface ConnectionFilters {
  /** Undefined where no filter is to see it. */
  open(sink: ConnectionSink, info: StreamInfo): ConnectionChain | undefined
}
