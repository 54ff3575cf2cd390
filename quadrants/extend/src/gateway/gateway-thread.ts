import type { DeadlineWheel } from './time/deadline-wheel.ts'
import type { Transport } from './transport/transport.ts'

/** What everything on one thread shares. */
export interface GatewayThread {
  readonly transport: Transport
  readonly wheel: DeadlineWheel
  /** Milliseconds that only grow, with their fraction. */
  readonly nowMs: () => number
  /** From 0 up to, and without, 1. */
  readonly random: () => number
  /** For `x-request-id`: nobody can guess it. */
  readonly requestId: () => string
  /** The `date` of responses (RFC 9110 5.6.7), made once a second. */
  readonly date: () => string
}
