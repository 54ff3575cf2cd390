import { FILTER_LIMITS, type FilterLimits } from '@quadrant/wasm/proxy-wasm'
import { grantedCalls } from '../../filters/capability.ts'
import { pluginSpec, type PluginSpec } from '../../filters/plugin/plugin-spec.ts'
import type { FilterSpec } from '../config/filter-spec.ts'

/** A filter of the configuration as those see it who run filters. @param digest of its module */
export function pluginSpecOf(spec: FilterSpec, digest: string): PluginSpec {
  return pluginSpec({
    name: spec.name,
    digest,
    rootId: spec.rootId,
    vmId: spec.vmId,
    vmConfiguration: Buffer.from(spec.vmConfiguration),
    configuration: Buffer.from(spec.configuration),
    env: spec.environment,
    onFailure: spec.failurePolicy,
    limits: filterLimitsOf(spec),
    capabilities: [...grantedCalls(spec.capabilities)],
  })
}

/** The most that a filter of this name may use. */
export function filterLimitsOf({ limits }: FilterSpec): FilterLimits {
  return {
    ...FILTER_LIMITS,
    timePerCallMsMax: limits.callMs,
    fuelPerCallMax: limits.callFuel,
    memoryBytesMax: limits.memoryBytesMax,
    callsMax: limits.calloutsMax,
    logLinesPerSecondMax: limits.logsPerSecondMax,
    metricsMax: limits.metricsMax,
  }
}
