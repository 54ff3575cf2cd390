import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { TokenSourceSpec } from '../../config/guard-spec.ts'
import { queryParameter } from '../../route/query-parameter.ts'
import type { RequestView } from '../expression/request-view.ts'

/** A token, and how it is taken out of what goes on. */
export interface FoundToken {
  readonly text: string
  readonly remove: (headers: HeaderMap) => void
}

/** The first that the sources have. */
export function findToken(sources: readonly TokenSourceSpec[], request: RequestView): FoundToken | undefined {
  for (const source of sources) {
    const text = valueOf(source, request)
    if (text?.startsWith(source.prefix) === true && text.length > source.prefix.length)
      return {
        text: text.slice(source.prefix.length).trim(),
        remove: (headers) => {
          if (source.kind === 'header') headers.remove(source.name)
        },
      }
  }
  return undefined
}

function valueOf({ kind, name }: TokenSourceSpec, { headers, query }: RequestView): string | undefined {
  switch (kind) {
    case 'header':
      return headers.get(name)
    case 'query':
      return queryParameter(query, name)
    case 'cookie':
      return cookieOf(headers, name)
  }
}

/** RFC 6265, 4.2.1. */
function cookieOf(headers: HeaderMap, name: string): string | undefined {
  for (const line of headers.getAll('cookie'))
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=')
      if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
    }
  return undefined
}
