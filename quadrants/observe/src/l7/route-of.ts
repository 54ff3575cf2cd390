import { collapsePath } from './kernel/collapsed-path.ts'
import { OTHER_ROUTE, type ServiceRoutes } from './route/service-routes.ts'

/**
 * The route of requests of a path, whether they are counted or captured: the kernel has told counted ones only with their
 * identifiers as `{id}`, so that those of captured ones are made the same, and routes are learned of paths as they are sent.
 *
 * @param path undefined in the place for the rest @param count of requests
 */
export function routeOf(
  routes: ServiceRoutes,
  { path, isGrpc }: { readonly path: string | undefined; readonly isGrpc: boolean },
  count: number,
): string {
  if (path === undefined) return OTHER_ROUTE
  return isGrpc
    ? routes.grpcRouteOf(path, count)
    : routes.routeOf(collapsePath(path).replaceAll('{id}', '0'), count)
}
