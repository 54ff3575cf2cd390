import { hostname } from 'node:os'
import { note, type Context } from '../context.ts'
import { quadrantVersion } from '../version.ts'

/** A receiver that takes longer has failed. */
const SEND_MS_MAX = 10_000

/** Who tells, in all that a gateway sends. */
export function telemetryOrigin(): { resource: Readonly<Record<string, string>>; version: string } {
  return {
    resource: { 'service.name': 'quadrant-gateway', 'host.name': hostname() },
    version: quadrantVersion(),
  }
}

export interface OtlpReceiverOptions {
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  /** What is sent, in what is said of it: `metrics`. */
  readonly what: string
}

/** Whoever receives OTLP over HTTP, such as a pipeline of `quadrant up`. That it fails is said once, until it does not. */
export class OtlpReceiver {
  readonly #context: Context
  readonly #options: OtlpReceiverOptions
  #isFailing = false

  constructor(context: Context, options: OtlpReceiverOptions) {
    this.#context = context
    this.#options = options
  }

  /** False where it did not arrive. `body`: an Export…ServiceRequest. */
  async send(body: Uint8Array): Promise<boolean> {
    const { endpoint, headers, what } = this.#options
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-protobuf' },
        body: Buffer.from(body),
        signal: AbortSignal.timeout(SEND_MS_MAX),
      })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`it answers ${response.status}`)
      if (this.#isFailing) note(this.#context, `${what} arrive at ${endpoint} again`)
      this.#isFailing = false
      return true
    } catch (error) {
      if (!this.#isFailing)
        note(this.#context, `no ${what} arrive at ${endpoint}: ${(error as Error).message}`)
      this.#isFailing = true
      return false
    }
  }
}
