/** What clients may take of the control plane. */
export interface XdsLimits {
  /** Streams that are open at a time. */
  readonly streamsMax: number
  /** Names that one stream may ask for, of one type. */
  readonly namesMax: number
  /** Of a client's description of itself. */
  readonly nodeBytesMax: number
}

export const DEFAULT_XDS_LIMITS: XdsLimits = {
  streamsMax: 4096,
  // A large mesh has that many clusters, and a proxy may follow each.
  namesMax: 65_536,
  // Envoys list their extensions: some 50 KiB.
  nodeBytesMax: 512 * 1024,
}

/**
 * What a server of @grpc/grpc-js that serves xDS should be opened with, in its own words: peers that have died without
 * saying so are found, and streams that were ended here and not there are bounded on each connection.
 */
export const XDS_CHANNEL_OPTIONS = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // A proxy has one, or one for each type; a gateway of many, more.
  'grpc.max_concurrent_streams': 128,
} as const
