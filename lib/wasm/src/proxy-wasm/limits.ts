/** What one instance of a filter may use. */
export interface FilterLimits {
  /** Bytes of linear memory: over it the guest's own allocation fails. */
  readonly memoryBytesMax: number
  /** Units of fuel of one callback, each about an instruction of the machine. */
  readonly fuelPerCallMax: number
  /**
   * Milliseconds of one callback, host calls included, by the clock and then again by the processor; looked at whenever a
   * slice of fuel or of host calls is used up.
   */
  readonly timePerCallMsMax: number
  /** Host calls of one callback. */
  readonly hostCallsPerCallMax: number
  /** Lines that it logs in a second; what is over is dropped, and counted. */
  readonly logLinesPerSecondMax: number
  readonly logLineBytesMax: number
  /** Calls to others that are under way at once. */
  readonly callsMax: number
  /** Bytes of those that are not sent yet, and of the requests that are not answered. */
  readonly callBytesMax: number
  /** Contexts at once: streams, connections and plugins. */
  readonly contextsMax: number
  readonly metricsMax: number
  /** Bytes of one value that crosses the boundary: a body, a map, a property. */
  readonly valueBytesMax: number
}

/**
 * A Go filter has 4 MiB when it begins. A callback takes some microseconds; this fuel lasts for some 25 ms, as what Go makes
 * once takes a while: the tables of EdDSA take half of it.
 */
export const FILTER_LIMITS: FilterLimits = {
  memoryBytesMax: 64 * 1024 * 1024,
  fuelPerCallMax: 50_000_000,
  timePerCallMsMax: 50,
  hostCallsPerCallMax: 50_000,
  logLinesPerSecondMax: 1000,
  logLineBytesMax: 16 * 1024,
  callsMax: 256,
  callBytesMax: 16 * 1024 * 1024,
  contextsMax: 65_536,
  metricsMax: 1000,
  valueBytesMax: 16 * 1024 * 1024,
}

/** Why an instance is over. */
export type FilterFailure =
  | 'trap'
  | 'stack'
  | 'fuel'
  | 'time'
  | 'host-calls'
  | 'exit'
  | 'start'
  | 'configuration'

/** What an instance was refused, by reason, since it began. */
export interface FilterRefusals {
  logLines: number
  calls: number
  contexts: number
  metrics: number
  values: number
  capability: number
  /** Of foreign functions, and of what is kept with streams. */
  properties: number
}
