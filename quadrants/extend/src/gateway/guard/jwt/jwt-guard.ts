import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { JwtProviderSpec, JwtSpec } from '../../config/guard-spec.ts'
import type { RequestView } from '../expression/request-view.ts'
import type { GuardCounts } from '../guard-counts.ts'
import type { Verdict } from '../verdict.ts'
import type { TokenKey } from './json-web-key-set.ts'
import { type FetchKeys, ProviderKeys } from './provider-keys.ts'
import type { Claims } from './token.ts'
import { TokenCheck, type TokenProblem } from './token-check.ts'
import { findToken } from './token-reader.ts'

interface Provider {
  readonly spec: JwtProviderSpec
  readonly keys: ProviderKeys
  readonly check: TokenCheck
}

export interface JwtParts {
  readonly fetch: FetchKeys
  /** Of the clock that only grows. */
  readonly nowMs: () => number
  /** Unix time. */
  readonly unixMs: () => number
  readonly counts: GuardCounts
}

/** Which tokens a request has to bring, and what the upstream is told of them. */
export class JwtGuard {
  readonly #spec: JwtSpec
  readonly #providers: readonly Provider[]
  readonly #required: readonly Provider[]
  readonly #parts: JwtParts

  constructor(spec: JwtSpec, parts: JwtParts) {
    this.#spec = spec
    this.#parts = parts
    this.#providers = spec.providers.map((provider) => ({
      spec: provider,
      keys: new ProviderKeys(provider.keys, parts.fetch, parts.nowMs),
      check: new TokenCheck(provider),
    }))
    this.#required = this.#providers.filter(({ spec: { name } }) => spec.required.includes(name))
  }

  check(request: RequestView): Verdict | undefined {
    // Nobody but the gateway says what a token says.
    for (const { spec } of this.#providers)
      for (const { header } of spec.claimHeaders)
        if (request.headers.has(header)) request.headers.remove(header)
    const late = this.#required.find(
      ({ spec, keys }) => keys.current() === undefined && findToken(spec.from, request) !== undefined,
    )
    if (late === undefined) return this.#decide(request)
    return {
      kind: 'later',
      begin: (then) =>
        late.keys.wait((keys) => then(keys === undefined ? this.#decide(request) : this.check(request))),
    }
  }

  #decide(request: RequestView): Verdict | undefined {
    const { requirement } = this.#spec
    let problem: TokenProblem | undefined
    let isAnyRight = false
    for (const provider of this.#required) {
      const outcome = this.#verify(provider, request)
      if (typeof outcome === 'object') {
        isAnyRight = true
        if (requirement === 'any') return undefined
      } else if (requirement !== 'optional' || outcome !== 'Jwt is missing') {
        if (requirement === 'all') return this.#refused(outcome, request)
        // Of several that do not fit, one that is there says more than one that is not.
        if (problem === undefined || problem === 'Jwt is missing') problem = outcome
      }
    }
    if (problem === undefined || isAnyRight) return undefined
    return this.#refused(problem, request)
  }

  #verify({ spec, keys, check }: Provider, request: RequestView): Claims | TokenProblem {
    const found = findToken(spec.from, request)
    if (found === undefined) return 'Jwt is missing'
    const known: readonly TokenKey[] | undefined = keys.current()
    if (known === undefined) return 'Jwks remote fetch is failed'
    const outcome = check.check(found.text, known, this.#parts.unixMs())
    if (typeof outcome === 'string') return outcome
    if (!spec.isForwarded) found.remove(request.headers)
    for (const { claim, header } of spec.claimHeaders) tell(request.headers, header, claimOf(outcome, claim))
    return outcome
  }

  #refused(problem: TokenProblem, { headers }: RequestView): Verdict {
    this.#parts.counts.add('jwt-refused', problem)
    const realm = `${headers.get(':scheme')}://${headers.get(':authority')}${headers.get(':path')?.split('?', 1)[0]}`
    const error = problem === 'Jwt is missing' ? '' : ', error="invalid_token"'
    return {
      kind: 'reply',
      failure: {
        status: problem === 'Audiences in Jwt are not allowed' ? 403 : 401,
        body: problem,
        flags: 0,
        details: `jwt_authn_access_denied{${problem.replaceAll(' ', '_')}}`,
      },
      headers: [['www-authenticate', `Bearer realm="${realm.replaceAll('"', '%22')}"${error}`]],
    }
  }
}

/** `.` leads into objects. */
function claimOf(claims: Claims, path: string): unknown {
  let value: unknown = claims
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Claims)[part]
  }
  return value
}

/** Texts, numbers and truths as they are, anything else as JSON in base64url, as Envoy has it. */
function tell(headers: HeaderMap, name: string, value: unknown): void {
  if (value === undefined || value === null) return
  const text =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : Buffer.from(JSON.stringify(value)).toString('base64url')
  // A text of somebody else that would end the field.
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) return
  headers.append(name, Buffer.from(text).toString('latin1'))
}
