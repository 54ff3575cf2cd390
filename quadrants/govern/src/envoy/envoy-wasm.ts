import { type PlacedFilter, filterName } from '../back-end/placed-filter.ts'
import type { SourceMap } from '../ir/source-map.ts'
import { anyOf, type EnvoyJson } from './envoy-json.ts'

/** Where Envoy finds the module of a release. */
export interface ModuleLocation {
  readonly path: string
}

export function wasmFilterName(placed: PlacedFilter): string {
  return `quadrant.filter.${filterName(placed)}`
}

/** The filter of a FilterPolicy: routes turn it on. */
export function wasmFilter(placed: PlacedFilter, location: ModuleLocation, sources: SourceMap): EnvoyJson {
  const { configuration, onFailure } = placed.filter
  const text =
    configuration === undefined
      ? undefined
      : typeof configuration === 'string'
        ? configuration
        : JSON.stringify(configuration)
  return sources.note(
    {
      name: wasmFilterName(placed),
      disabled: true,
      typed_config: anyOf('envoy.extensions.filters.http.wasm.v3.Wasm', {
        config: {
          name: filterName(placed),
          failure_policy: onFailure === 'Open' ? 'FAIL_OPEN' : 'FAIL_CLOSED',
          ...(text === undefined
            ? {}
            : { configuration: anyOf('google.protobuf.StringValue', { value: text }) }),
          vm_config: {
            runtime: 'envoy.wasm.runtime.v8',
            code: { local: { filename: location.path } },
          },
        },
      }),
    },
    placed.origin,
  )
}
