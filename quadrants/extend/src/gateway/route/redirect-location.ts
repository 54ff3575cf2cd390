import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { Route } from './route-table.ts'

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

/**
 * `location` of a redirect: what the route does not say is as it was asked for.
 *
 * @param scheme how it was asked for
 */
export function redirectLocation(route: Route, headers: HeaderMap, scheme: 'http' | 'https'): string {
  const { action } = route.spec
  if (action.kind !== 'redirect') return ''
  const to = action.scheme ?? scheme
  const target = headers.get(':path') ?? '/'
  const rewritten = route.rewritePath?.(target) ?? target
  const path = action.isQueryDropped ? rewritten.split('?', 1)[0]! : rewritten
  const asked = action.host ?? headers.get(':authority') ?? ''
  return `${to}://${authority(asked, action.port, to, action.host === undefined && to !== scheme)}${path}`
}

/** Where a plain request for a virtual host goes that has TLS only. */
export function tlsLocation(headers: HeaderMap): string {
  return `https://${authority(headers.get(':authority') ?? '', undefined, 'https', true)}${headers.get(':path') ?? '/'}`
}

/** A port that belongs to the other scheme is not kept, nor one that goes without saying. */
function authority(asked: string, port: number | undefined, scheme: string, isSchemeNew: boolean): string {
  const [, host = asked, own] = /^(.*?)(?::(\d{1,5}))?$/.exec(asked) ?? []
  const kept = port === undefined ? own : String(port)
  const isOfOtherScheme =
    isSchemeNew && port === undefined && Object.values(DEFAULT_PORTS).includes(own ?? '')
  return kept === undefined || kept === DEFAULT_PORTS[scheme] || isOfOtherScheme ? host : `${host}:${kept}`
}
