import {
  FilterVm,
  RootContext,
  type FilterCrash,
  type FilterHost,
  type Properties,
} from '@quadrant/wasm/proxy-wasm'
import type { PluginSpec } from './plugin-spec.ts'

/** An instance with its plugin, ready for streams. */
export interface FilterInstance {
  readonly vm: FilterVm
  readonly root: RootContext
}

/**
 * Makes one, with a turn for everybody else between its steps: those of a Go filter take some milliseconds each.
 *
 * @returns why there is none where it ends while it starts, or does not accept its configuration
 * @throws {WasmError} `link`
 */
export async function makeInstance(
  module: WebAssembly.Module,
  spec: PluginSpec,
  host: FilterHost,
  properties: Properties,
): Promise<FilterInstance | FilterCrash> {
  const vm = FilterVm.instantiate(module, host, {
    vmId: spec.vmId,
    vmConfiguration: spec.vmConfiguration,
    env: spec.env,
    limits: spec.limits,
    capabilities: spec.capabilities === undefined ? undefined : new Set(spec.capabilities),
  })
  await turn()
  vm.initialize()
  if (vm.crash !== undefined) return vm.crash
  await turn()
  const id = vm.nextContextId() ?? 1
  const root = new RootContext(vm, id, { rootId: spec.rootId, configuration: spec.configuration, properties })
  if (root.start()) return { vm, root }
  root.release()
  return vm.crash ?? { failure: 'configuration', message: 'it did not start', frames: [] }
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
}
