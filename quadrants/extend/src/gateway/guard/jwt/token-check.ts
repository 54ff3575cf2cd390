import { createHash } from 'node:crypto'
import type { JwtProviderSpec } from '../../config/guard-spec.ts'
import type { TokenKey } from './json-web-key-set.ts'
import { type Claims, isSigned, readToken } from './token.ts'

/** Why a token is not taken; texts are Envoy's. */
export type TokenProblem =
  | 'Jwt is missing'
  | 'Jwt is not in the form of Header.Payload.Signature'
  | 'Jwt issuer is not configured'
  | 'Audiences in Jwt are not allowed'
  | 'Jwt is expired'
  | 'Jwt not yet valid'
  | 'Jwt verification fails'
  | 'Jwks remote fetch is failed'

/** Tokens whose signature was found right, of one provider. */
const KNOWN_MAX = 4096

/** What a provider has to say of tokens. */
export class TokenCheck {
  readonly #spec: JwtProviderSpec
  /** By digest: a signature is right for ever, its times are looked at each time. */
  readonly #known = new Map<string, Claims>()
  #keys: readonly TokenKey[] | undefined

  constructor(spec: JwtProviderSpec) {
    this.#spec = spec
  }

  /** @param nowMs Unix time */
  check(text: string, keys: readonly TokenKey[], nowMs: number): Claims | TokenProblem {
    // Whoever a key was taken from signs no more.
    if (this.#keys !== keys) this.#known.clear()
    this.#keys = keys
    const digest = createHash('sha256').update(text, 'latin1').digest('base64')
    const known = this.#known.get(digest)
    if (known !== undefined) return this.#timeProblem(known, nowMs) ?? known
    const token = readToken(text)
    if (token === undefined) return 'Jwt is not in the form of Header.Payload.Signature'
    const problem = this.#claimProblem(token.claims) ?? this.#timeProblem(token.claims, nowMs)
    if (problem !== undefined) return problem
    if (!isSigned(token, keys)) return 'Jwt verification fails'
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(digest, token.claims)
    return token.claims
  }

  #claimProblem({ iss, aud }: Claims): TokenProblem | undefined {
    const { issuer, audiences } = this.#spec
    if (iss !== issuer) return 'Jwt issuer is not configured'
    const said = Array.isArray(aud) ? (aud as readonly unknown[]) : [aud]
    if (audiences.length > 0 && !said.some((one) => typeof one === 'string' && audiences.includes(one)))
      return 'Audiences in Jwt are not allowed'
    return undefined
  }

  /** RFC 7519, 4.1.4 and 4.1.5, in seconds. */
  #timeProblem({ exp, nbf }: Claims, nowMs: number): TokenProblem | undefined {
    const { clockSkewMs } = this.#spec
    if (exp !== undefined && !(typeof exp === 'number' && nowMs < exp * 1000 + clockSkewMs))
      return 'Jwt is expired'
    if (nbf !== undefined && !(typeof nbf === 'number' && nowMs >= nbf * 1000 - clockSkewMs))
      return 'Jwt not yet valid'
    return undefined
  }
}
