import type { Diagnostic } from '@quadrant/core'

/**
 * Why something of this package cannot be done, as a closed set a caller can switch over:
 *
 * - `argument`  what is asked for makes no sense: a type that is not served, a resource without a name
 * - `encoding`  bytes are not what they should be
 * - `too-large` it would be over a limit
 * - `refused`   who asks may not have it
 * - `policy`    a policy that a program made is wrong: `diagnostics` say why
 *
 * Mistakes in what people write are no errors but diagnostics.
 */
export type GovernErrorCode = 'argument' | 'encoding' | 'too-large' | 'refused' | 'policy'

export interface GovernErrorOptions extends ErrorOptions {
  readonly diagnostics?: readonly Diagnostic[]
}

/** The one error of this package. */
export class GovernError extends Error {
  readonly code: GovernErrorCode
  /** Of a policy; else none. */
  readonly diagnostics: readonly Diagnostic[]

  constructor(code: GovernErrorCode, message: string, options: GovernErrorOptions = {}) {
    super(message, options)
    this.name = 'GovernError'
    this.code = code
    this.diagnostics = options.diagnostics ?? []
  }

  /** Any thrown value as a `GovernError`; ours stay as they are. */
  static from(thrown: unknown, code: GovernErrorCode): GovernError {
    if (thrown instanceof GovernError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new GovernError(code, message, { cause: thrown })
  }
}
