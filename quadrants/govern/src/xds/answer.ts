/** How a client took the version of a resource that it was sent last. */
export type ResourceState = 'sent' | 'acknowledged' | 'rejected'

export interface ResourceStatus {
  readonly name: string
  readonly version: string
  readonly state: ResourceState
}

export interface SentVersion {
  readonly name: string
  readonly version: string
}

/** A response, by what it told. */
export interface SentResponse {
  /** Counts those of the subscription, from 1. */
  readonly number: number
  readonly nonce: string
  readonly changed: readonly SentVersion[]
  readonly removed: readonly string[]
}

/** How a client answered a response. */
export interface Answer {
  readonly state: 'acknowledged' | 'rejected'
  /** What it says against it. */
  readonly error: string | undefined
  readonly response: SentResponse
}
