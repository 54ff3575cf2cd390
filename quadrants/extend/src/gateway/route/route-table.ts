import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { RouteSpec, VirtualHostSpec } from '../config/route-spec.ts'
import type { RequestView } from '../guard/expression/request-view.ts'
import type { HeaderEditor } from './header-editor.ts'
import type { PathRewriter } from './path-rewriter.ts'

/** Finds the route of a request. `compileRoutes` makes it once, of the virtual hosts of a listener. */
export interface RouteTable {
  /**
   * By `:authority`, `:path` (normalised, with its query), `:method` and the fields that routes ask for. Undefined where
   * no virtual host has the domain, or none of its routes matches: `route_not_found`.
   *
   * @param view for routes that have a condition; without it none of those matches
   */
  match(headers: HeaderMap, view?: RequestView): Route | undefined
  readonly hasConditions: boolean
}

/** A route, ready to be used. */
export interface Route {
  readonly name: string
  readonly spec: RouteSpec
  readonly virtualHost: VirtualHostSpec
  /** Those of the route, then those of its virtual host. Undefined where there are none. */
  readonly requestHeaders: HeaderEditor | undefined
  readonly responseHeaders: HeaderEditor | undefined
  /** Of a request that goes on, or of a redirect. */
  readonly rewritePath: PathRewriter | undefined
}
