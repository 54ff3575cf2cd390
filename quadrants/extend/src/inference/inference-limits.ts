/** How much of everything one guest may have. */
export interface InferenceLimits {
  /** Graphs that it loads, itself or by name: 16, if it is not given. They are given back when it ends. */
  readonly graphsMax: number
  /** Execution contexts: 64. */
  readonly contextsMax: number
  /** Bytes of a model that it brings: 256 MiB. */
  readonly modelBytesMax: number
  /** Bytes of all its tensors together, inputs and outputs: 256 MiB. */
  readonly tensorBytesMax: number
}

export const DEFAULT_LIMITS: InferenceLimits = {
  graphsMax: 16,
  contextsMax: 64,
  modelBytesMax: 256 << 20,
  tensorBytesMax: 256 << 20,
}
