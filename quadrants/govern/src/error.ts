import type { Diagnostic } from '@quadrant/core'

/**
 * Why something of this package cannot be done, as a closed set a caller can switch over:
 *
 * - `policy`  a policy that a program made is wrong: `diagnostics` say where and why
 */
export type GovernErrorCode = 'policy'

/** The one error of this package. */
export class GovernError extends Error {
  readonly code: GovernErrorCode
  readonly diagnostics: readonly Diagnostic[]

  constructor(
    code: GovernErrorCode,
    message: string,
    options: ErrorOptions & { readonly diagnostics?: readonly Diagnostic[] } = {},
  ) {
    super(message, options)
    this.name = 'GovernError'
    this.code = code
    this.diagnostics = options.diagnostics ?? []
  }
}
