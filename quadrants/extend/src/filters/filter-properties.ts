import type { Properties } from '@quadrant/wasm/proxy-wasm'
import { FilterState } from './foreign/filter-state.ts'
import { FOREIGN_LIMITS } from './foreign/foreign-limits.ts'
import { PluginProperties } from './foreign/plugin-properties.ts'
import type { PluginSpec } from './plugin/plugin-spec.ts'
import type { FilterStream } from './stream/filter-stream.ts'

/** What the filters of one thread can ask by names, each about itself and all about the streams that they share. */
export class FilterProperties {
  readonly #plugins = new WeakMap<PluginSpec, PluginProperties>()
  readonly #states = new WeakMap<FilterStream, FilterState>()

  ofPlugin(spec: PluginSpec): PluginProperties {
    let properties = this.#plugins.get(spec)
    if (properties === undefined) {
      const { name, rootId, vmId } = spec
      properties = new PluginProperties({ plugin: { name, rootId, vmId } })
      this.#plugins.set(spec, properties)
    }
    return properties
  }

  ofStream(spec: PluginSpec, stream: FilterStream): Properties {
    return this.ofPlugin(spec).ofStream({
      info: stream.info,
      state: this.#stateOf(stream),
      requestHeaders: () => stream.requestHeaders,
      responseHeaders: () => stream.responseHeaders,
      responseTrailers: () => stream.responseTrailersSeen,
      clearRouteCache: () => stream.clearRouteCache(),
    })
  }

  /** What filters keep with a stream is for all of them. */
  #stateOf(stream: FilterStream): FilterState {
    let state = this.#states.get(stream)
    if (state === undefined) {
      state = new FilterState(FOREIGN_LIMITS)
      this.#states.set(stream, state)
    }
    return state
  }
}
