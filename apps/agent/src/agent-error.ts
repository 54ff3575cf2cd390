/**
 * - `data-directory` the agent's directory cannot be made, or is not safe to use
 * - `locked`         another agent uses the same directory
 * - `journal`        the journal cannot be opened or written
 * - `protocol`       the server sent what the agent protocol does not allow
 */
export type AgentErrorCode = 'data-directory' | 'locked' | 'journal' | 'protocol'

/** The one error of the agent. The message says what happened, why, and what mends it. */
export class AgentError extends Error {
  readonly code: AgentErrorCode

  constructor(code: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AgentError'
    this.code = code
  }

  static from(code: AgentErrorCode, doing: string, cause: unknown): AgentError {
    if (cause instanceof AgentError) return cause
    return new AgentError(code, `${doing}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
