/** What foreign functions do for filters at most. What is over a limit is refused and counted. */
export interface ForeignLimits {
  /** What goes into `compress`: a tenth of a second. */
  readonly compressedBytesMax: number
  /** What comes out of `uncompress`: 1 KiB of zlib can be 1 MiB. */
  readonly uncompressedBytesMax: number
  /** Characters of an expression. */
  readonly expressionLengthMax: number
  /** Brackets within one another, as Envoy's parser has it: it refuses more than 32. */
  readonly expressionDepthMax: number
  /** Of one plugin at one time. */
  readonly expressionsMax: number
  /** Rounds of all loops of one evaluation. Envoy has 10,000; ours join their lists once a round. */
  readonly iterationsMax: number
  /** Characters of a regular expression, with each as often as it is to repeat, × characters that it is looked for in. */
  readonly matchWorkMax: number
  /** Of a string that an expression makes, and of its result. */
  readonly resultBytesMax: number
  /** Of a key, PEM or DER. */
  readonly keyBytesMax: number
  /** To sign takes the third power of it: 4096 bits some milliseconds. */
  readonly signBitsMax: number
  /** As BoringSSL has it. */
  readonly verifyBitsMax: number
  /** Properties and filter state that one stream or connection keeps. */
  readonly stateEntriesMax: number
  readonly stateBytesMax: number
  /** Properties that one plugin declares. */
  readonly declarationsMax: number
}

export const FOREIGN_LIMITS: ForeignLimits = {
  compressedBytesMax: 4 << 20,
  uncompressedBytesMax: 4 << 20,
  expressionLengthMax: 4096,
  expressionDepthMax: 32,
  expressionsMax: 256,
  iterationsMax: 1000,
  matchWorkMax: 1 << 20,
  resultBytesMax: 1 << 20,
  keyBytesMax: 16 << 10,
  signBitsMax: 4096,
  verifyBitsMax: 8192,
  stateEntriesMax: 256,
  stateBytesMax: 256 << 10,
  declarationsMax: 256,
}

/** Whoever is bounded by them, and counts what is over. */
export interface Bounded {
  readonly limits: ForeignLimits
  readonly refused: () => void
}
