import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { HashPolicySpec } from '../config/route-spec.ts'
import { queryParameter } from '../route/query-parameter.ts'
import { combineHashes, hash32 } from './hash.ts'

export interface RequestHash {
  /** Undefined where the request has nothing of what is asked for: any endpoint will do. */
  readonly hash: number | undefined
  /** `set-cookie` of the response, where the policy wants a cookie and there was none. */
  readonly setCookie: string | undefined
}

/** What is outside of the headers. */
export interface HashSource {
  /** Without its port. */
  readonly clientAddress: string
  /** A value that nobody else has. */
  readonly newCookie: () => string
}

/** Which endpoint a request belongs to, where the balancer hashes. */
export function hashRequest(
  policies: readonly HashPolicySpec[],
  headers: HeaderMap,
  source: HashSource,
): RequestHash {
  let hash: number | undefined
  let setCookie: string | undefined
  for (const policy of policies) {
    let text = textOf(policy, headers, source)
    if (text === undefined && policy.kind === 'cookie' && policy.ttlMs !== undefined) {
      text = source.newCookie()
      const age = policy.ttlMs === 0 ? '' : `; Max-Age=${Math.ceil(policy.ttlMs / 1000)}`
      setCookie = `${policy.name}="${text}"${age}; Path=${policy.path}; HttpOnly`
    }
    if (text === undefined) continue
    const own = hash32(text)
    hash = hash === undefined ? own : combineHashes(hash, own)
    if (policy.isTerminal) break
  }
  return { hash, setCookie }
}

function textOf(
  policy: HashPolicySpec,
  headers: HeaderMap,
  { clientAddress }: HashSource,
): string | undefined {
  switch (policy.kind) {
    case 'header': {
      const values = headers.getAll(policy.name)
      return values.length === 0 ? undefined : values.join(',')
    }
    case 'query': {
      const target = headers.get(':path') ?? ''
      const mark = target.indexOf('?')
      return mark === -1 ? undefined : queryParameter(target.slice(mark + 1), policy.name)
    }
    case 'source-address':
      return clientAddress
    case 'cookie':
      return cookieOf(headers, policy.name)
  }
}

/** HTTP/2 may split cookies over several fields (RFC 9113 8.2.3). */
function cookieOf(headers: HeaderMap, name: string): string | undefined {
  for (const field of headers.getAll('cookie'))
    for (const pair of field.split(';')) {
      const equals = pair.indexOf('=')
      if (equals !== -1 && pair.slice(0, equals).trim() === name)
        return pair
          .slice(equals + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1')
    }
  return undefined
}
