import type { Properties } from '@quadrant/wasm/proxy-wasm'
import type { FilterSubject } from '../stream/filter-subject.ts'
import type { ConnectionInfo } from '../stream/stream-info.ts'
import { FilterState } from './filter-state.ts'
import { FOREIGN_LIMITS } from './foreign-limits.ts'
import { PluginProperties } from './plugin-properties.ts'

/** Gives the filters of one thread what they can ask of streams, and what they keep with them for one another. */
export class StreamProperties {
  readonly #states = new WeakMap<FilterSubject | ConnectionInfo, FilterState>()

  /** @param root of the instance that asks; one that has no properties of this kind has no others for its streams */
  of(stream: FilterSubject, root: Properties): Properties {
    if (!(root instanceof PluginProperties)) return root
    return root.ofStream({
      info: stream.info,
      state: this.#stateOf(stream),
      requestHeaders: () => stream.requestHeaders,
      responseHeaders: () => stream.responseHeaders,
      responseTrailers: () => stream.responseTrailersSeen,
      clearRouteCache: () => stream.clearRouteCache(),
    })
  }

  #stateOf(stream: FilterSubject): FilterState {
    let state = this.#states.get(stream)
    if (state === undefined) {
      const { connection } = stream.info
      const ofConnection = this.#states.getOrInsertComputed(connection, () => new FilterState(FOREIGN_LIMITS))
      state = new FilterState(FOREIGN_LIMITS, ofConnection)
      this.#states.set(stream, state)
    }
    return state
  }
}
