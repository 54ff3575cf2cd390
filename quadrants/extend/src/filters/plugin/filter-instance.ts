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
 * One that has initialised itself and nothing else, or is over by that: it has no plugin yet, so it ticks for nobody and
 * counts nothing. There is a turn for everybody else between the steps: those of a Go filter take some milliseconds each.
 *
 * @throws {WasmError} `link`, also where the engine has no place for its memory
 */
export async function makeVm(
  module: WebAssembly.Module,
  spec: PluginSpec,
  host: FilterHost,
): Promise<FilterVm> {
  const vm = FilterVm.instantiate(module, host, {
    vmId: spec.vmId,
    vmConfiguration: spec.vmConfiguration,
    env: spec.env,
    limits: spec.limits,
    capabilities: spec.capabilities === undefined ? undefined : new Set(spec.capabilities),
  })
  await turn()
  vm.initialize()
  if (vm.crash === undefined) await turn()
  return vm
}

/** Starts the plugin in it. @returns why not, where it ends meanwhile or does not accept its configuration */
export function startInstance(
  vm: FilterVm,
  { rootId, configuration }: PluginSpec,
  properties: Properties,
): FilterInstance | FilterCrash {
  const root = new RootContext(vm, vm.nextContextId() ?? 1, { rootId, configuration, properties })
  if (root.start()) return { vm, root }
  root.release()
  return vm.crash ?? { failure: 'configuration', message: 'it did not start', frames: [] }
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
}
