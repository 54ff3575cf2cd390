import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { HostRewrite } from '../config/route-spec.ts'
import type { Route } from './route-table.ts'

/** Puts the path of the route in place of the request's, which stays as `x-envoy-original-path`. */
export function rewritePath({ rewritePath }: Route, headers: HeaderMap): void {
  if (!rewritePath) return
  const target = headers.get(':path') ?? '/'
  const rewritten = rewritePath(target)
  if (rewritten === target) return
  headers.set('x-envoy-original-path', target)
  headers.set(':path', rewritten)
}

/** Puts the host of the route in place of the request's. `endpointHost` is the name, or address, of whom it goes to. */
export function rewriteHost(
  rewrite: HostRewrite | undefined,
  headers: HeaderMap,
  endpointHost: string,
): void {
  const host =
    rewrite?.kind === 'literal'
      ? rewrite.host
      : rewrite?.kind === 'header'
        ? headers.get(rewrite.name)
        : rewrite && (endpointHost.includes(':') ? `[${endpointHost}]` : endpointHost)
  // What a header says is some client's: it has to be a host (RFC 3986 3.2.2).
  if (host !== undefined && /^[A-Za-z0-9._:[\]-]{1,260}$/.test(host)) headers.set(':authority', host)
}
