import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { CorsSpec } from '../config/guard-spec.ts'
import type { Failure } from '../exchange/failure.ts'
import type { GuardCounts } from './guard-counts.ts'
import type { Verdict } from './verdict.ts'

type Pairs = readonly (readonly [name: string, value: string])[]

/** Which pages may ask (Fetch standard, 3.2): preflights are answered here, other answers say who may read them. */
export class Cors {
  readonly #spec: CorsSpec
  readonly #allows: (origin: string) => boolean
  readonly #counts: GuardCounts

  constructor(spec: CorsSpec, counts: GuardCounts) {
    this.#spec = spec
    this.#allows = originTest(spec.allowOrigins)
    this.#counts = counts
  }

  /** The answer to a preflight of an origin that may ask; others go on, as requests of OPTIONS. */
  preflight(headers: HeaderMap): Verdict | undefined {
    if (headers.get(':method') !== 'OPTIONS' || !headers.has('access-control-request-method'))
      return undefined
    const origin = this.#originOf(headers)
    if (origin === undefined) return undefined
    const { allowMethods, allowHeaders, maxAgeSeconds } = this.#spec
    this.#counts.add('preflight', 'cors')
    return {
      kind: 'reply',
      failure: PREFLIGHT,
      headers: [
        ...this.#originFields(origin),
        ...field('access-control-allow-methods', allowMethods),
        ...field('access-control-allow-headers', allowHeaders),
        ['access-control-max-age', String(maxAgeSeconds)],
      ],
    }
  }

  /** What an answer to this request says besides. */
  answerFields(headers: HeaderMap): Pairs {
    const origin = this.#originOf(headers)
    if (origin === undefined) return []
    return [
      ...this.#originFields(origin),
      ...field('access-control-expose-headers', this.#spec.exposeHeaders),
    ]
  }

  #originOf(headers: HeaderMap): string | undefined {
    const origin = headers.get('origin')
    return origin !== undefined && origin !== '' && this.#allows(origin) ? origin : undefined
  }

  #originFields(origin: string): Pairs {
    return [
      ['access-control-allow-origin', origin],
      ...(this.#spec.isCredentialed ? [['access-control-allow-credentials', 'true'] as const] : []),
    ]
  }
}

const PREFLIGHT: Failure = { status: 200, body: '', flags: 0, details: 'cors_preflight' }

function field(name: string, values: readonly string[]): Pairs {
  return values.length === 0 ? [] : [[name, values.join(', ')]]
}

/** `*` has any origin, `https://*.shop.example` any below, `http://localhost:*` any port. */
function originTest(origins: readonly string[]): (origin: string) => boolean {
  if (origins.includes('*')) return () => true
  const exact = new Set(origins.filter((origin) => !origin.includes('*')))
  const patterns = origins.filter((origin) => origin.includes('*')).map((origin) => origin.split('*', 2))
  return (origin) =>
    exact.has(origin) ||
    patterns.some(
      ([before = '', after = '']) =>
        origin.length > before.length + after.length && origin.startsWith(before) && origin.endsWith(after),
    )
}
