/** `perInterval` tokens come at once every `intervalMs`, at most `burst` are kept; each request takes one. */
export interface RateLimitSpec {
  readonly burst: number
  readonly perInterval: number
  readonly intervalMs: number
  /** Of the answer to what is over. */
  readonly status: number
}
