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
