import { createHash, randomBytes } from 'node:crypto'
import { formatSpiffeId, type SpiffeId } from './spiffe-id.ts'

const TOKEN_BYTES = 24
const TOKEN_LENGTH_MAX = 128
/** Tokens that wait: an operator makes one for each node that is to come. */
const TOKENS_MAX = 10_000

export type TokenRefusal = 'unknown' | 'expired'

export type TokenOutcome =
  | { readonly kind: 'taken'; readonly id: SpiffeId }
  | { readonly kind: 'refused'; readonly reason: TokenRefusal }

interface Waiting {
  readonly id: SpiffeId
  readonly expiresMs: number
}

/**
 * Tokens by which a node that nobody knows yet proves who it is to be, each once. What is kept of one is its digest: who
 * reads that cannot use it, and to look it up takes as long whatever is asked for.
 */
export class JoinTokens {
  readonly #waiting = new Map<string, Waiting>()
  readonly refusedBy: Record<TokenRefusal, number> = { unknown: 0, expired: 0 }
  takenCount = 0

  get waitingCount(): number {
    return this.#waiting.size
  }

  /** @returns the token, which nobody can have again; undefined: too many wait already */
  create(id: SpiffeId, expiresMs: number, nowMs: number): string | undefined {
    if (this.#waiting.size >= TOKENS_MAX) this.#forgetExpired(nowMs)
    if (this.#waiting.size >= TOKENS_MAX) return undefined
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    this.#waiting.set(digestOf(token), { id, expiresMs })
    return token
  }

  take(token: string, nowMs: number): TokenOutcome {
    const digest = token.length > TOKEN_LENGTH_MAX ? '' : digestOf(token)
    const waiting = this.#waiting.get(digest)
    if (waiting === undefined) return this.#refuse('unknown')
    this.#waiting.delete(digest)
    if (waiting.expiresMs <= nowMs) return this.#refuse('expired')
    this.takenCount++
    return { kind: 'taken', id: waiting.id }
  }

  /** Whom tokens are for, and until when; not the tokens. */
  list(): readonly { readonly id: string; readonly expiresMs: number }[] {
    return [...this.#waiting.values()].map(({ id, expiresMs }) => ({ id: formatSpiffeId(id), expiresMs }))
  }

  #forgetExpired(nowMs: number): void {
    for (const [digest, { expiresMs }] of this.#waiting) if (expiresMs <= nowMs) this.#waiting.delete(digest)
  }

  #refuse(reason: TokenRefusal): TokenOutcome {
    this.refusedBy[reason]++
    return { kind: 'refused', reason }
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
