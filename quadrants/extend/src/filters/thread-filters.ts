import {
  QueueTable,
  Result,
  ValueTable,
  VmHolds,
  type FilterCrash,
  type FilterHost,
  type LogLevel,
  type Properties,
  type SharedMemory,
} from '@quadrant/wasm/proxy-wasm'
import { FilterEngine } from './filter-engine.ts'
import { FilterMetrics } from './plugin/filter-metrics.ts'
import type { PluginSpec } from './plugin/plugin-spec.ts'
import type { FilterSubject } from './stream/filter-subject.ts'
import { tickEvery } from './ticks.ts'

/** Calls that filters make to others, by whoever has connections to them. */
export type FilterCalls = Pick<FilterHost, 'httpCall' | 'grpcCall' | 'grpcStream'>

/** What filters of one thread are given from outside. */
export interface ThreadFiltersParts {
  readonly nowNs: () => bigint
  readonly monotonicNs: () => bigint
  readonly fillRandom: (bytes: Uint8Array) => void
  readonly random: () => number
  /** Calls back after that many milliseconds; what it returns ends that. */
  readonly later: (afterMs: number, callback: () => void) => () => void
  readonly log: (filter: string, level: LogLevel, message: string) => void
  readonly logLevel: () => LogLevel
  readonly crashed: (filter: string, crash: FilterCrash) => void
  /** What filters share with those on other threads. */
  readonly shared: SharedMemory
  readonly calls: FilterCalls
  /** For each instance of a plugin. */
  readonly pluginProperties: (spec: PluginSpec) => Properties
  readonly streamProperties: (spec: PluginSpec, stream: FilterSubject, root: Properties) => Properties
  readonly bufferBytesMax: number
  readonly drainMs: number
}

/** Nobody to call: for who has no connections. */
export const NO_CALLS: FilterCalls = {
  httpCall: () => ({ result: Result.BAD_ARGUMENT }),
  grpcCall: () => ({ result: Result.PARSE_FAILURE }),
  grpcStream: () => ({ result: Result.PARSE_FAILURE }),
}

/** The filters of one thread with all that they are given. */
export class ThreadFilters {
  readonly engine: FilterEngine
  readonly metrics = new FilterMetrics()

  constructor(parts: ThreadFiltersParts) {
    const values = new ValueTable(parts.shared)
    const queues = new QueueTable(parts.shared)
    const holds = new VmHolds(parts.shared)
    const hostOf = (spec: PluginSpec): FilterHost => ({
      nowNs: parts.nowNs,
      monotonicNs: parts.monotonicNs,
      fillRandom: parts.fillRandom,
      logLevel: parts.logLevel,
      log: (level, message) => parts.log(spec.name, level, message),
      sharedData: values.dataOf(spec.vmId),
      sharedQueues: queues,
      metrics: this.metrics.hold(spec.name, spec.limits.metricsMax),
      ...parts.calls,
      tick: (periodMs, callback) => tickEvery(parts, periodMs, callback),
    })
    this.engine = new FilterEngine({
      pluginOptions: (spec) => {
        holds.hold(spec.vmId)
        return {
          host: hostOf(spec),
          properties: () => parts.pluginProperties(spec),
          nowMs: () => Number(parts.monotonicNs() / 1_000_000n),
          random: parts.random,
          later: parts.later,
          crashed: (crash) => parts.crashed(spec.name, crash),
          closed: () => {
            this.metrics.letGo(spec.name)
            holds.letGo(spec.vmId)
          },
        }
      },
      streamProperties: parts.streamProperties,
      bufferBytesMax: parts.bufferBytesMax,
      drainMs: parts.drainMs,
    })
  }
}
