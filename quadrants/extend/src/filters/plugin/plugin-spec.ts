import { FILTER_LIMITS, type FilterLimits } from '@quadrant/wasm/proxy-wasm'

/** What becomes of streams whose filter is over, until there is another. */
export type FailurePolicy = 'open' | 'closed'

/** When an instance is made anew after one was over. */
export interface RestartPolicy {
  /** Milliseconds before the second in a row; the first comes at once. It doubles with each. */
  readonly backoffMsMin: number
  readonly backoffMsMax: number
  /** Milliseconds after which one that has not crashed counts as sound. */
  readonly soundAfterMs: number
}

/** A filter as it is configured, apart from its module. */
export interface PluginSpec {
  readonly name: string
  /** `sha256:…` of the module's file. */
  readonly digest: string
  readonly rootId: string
  /** Filters of one `vm_id` share data and the names of queues. */
  readonly vmId: string
  readonly vmConfiguration: Uint8Array
  readonly configuration: Uint8Array
  readonly env: Readonly<Record<string, string>>
  readonly onFailure: FailurePolicy
  readonly limits: FilterLimits
  /** Names of hostcalls that it may use; all where it is undefined. */
  readonly capabilities: readonly string[] | undefined
  readonly restart: RestartPolicy
}

export const RESTART_POLICY: RestartPolicy = {
  backoffMsMin: 100,
  backoffMsMax: 30_000,
  soundAfterMs: 10_000,
}

/** With what most filters have where nothing else is said. */
export function pluginSpec(spec: Pick<PluginSpec, 'name' | 'digest'> & Partial<PluginSpec>): PluginSpec {
  return {
    rootId: '',
    vmId: '',
    vmConfiguration: new Uint8Array(),
    configuration: new Uint8Array(),
    env: {},
    onFailure: 'closed',
    limits: FILTER_LIMITS,
    capabilities: undefined,
    restart: RESTART_POLICY,
    ...spec,
  }
}
