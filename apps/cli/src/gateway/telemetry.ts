import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { toBinary } from '@bufbuild/protobuf'
import {
  otlpMetrics,
  type FiltersSummary,
  type GatewayStats,
  type TelemetrySpec,
} from '@quadrant/extend/gateway'
import { ExportMetricsServiceRequestSchema } from '@quadrant/proto/otlp'
import { note, type Context } from '../context.ts'
import { quadrantVersion } from '../version.ts'

export interface TelemetryParts {
  readonly stats: () => Promise<GatewayStats | undefined>
  readonly filters: () => Promise<FiltersSummary>
}

/** A receiver that takes longer has the next totals all the same. */
const SEND_MS_MAX = 10_000

/** Sends what the gateway counts to a receiver of OTLP over HTTP, such as a pipeline of `quadrant up`, until it is disposed. */
export class Telemetry implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  /** Sendings that failed; what they told is in the next that arrives. */
  failedCount = 0

  constructor(context: Context, spec: TelemetrySpec, parts: TelemetryParts) {
    this.#running = this.#run(context, spec, parts)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(
    context: Context,
    { endpoint, headers, intervalMs }: TelemetrySpec,
    parts: TelemetryParts,
  ): Promise<void> {
    const { signal } = this.#stop
    const origin = {
      resource: { 'service.name': 'quadrant-gateway', 'host.name': hostname() },
      version: quadrantVersion(),
      startMs: context.now(),
    }
    let isFailing = false
    while (!signal.aborted) {
      // What came last is told, too, when the gateway ends.
      await sleep(intervalMs, undefined, { signal }).catch(() => {})
      const stats = await parts.stats()
      if (stats === undefined) continue
      const request = otlpMetrics(stats, await parts.filters(), origin, context.now())
      try {
        const response = await fetch(endpoint, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/x-protobuf' },
          body: Buffer.from(toBinary(ExportMetricsServiceRequestSchema, request)),
          signal: AbortSignal.timeout(SEND_MS_MAX),
        })
        await response.arrayBuffer()
        if (!response.ok) throw new Error(`it answers ${response.status}`)
        if (isFailing) note(context, `metrics arrive at ${endpoint} again`)
        isFailing = false
      } catch (error) {
        this.failedCount++
        if (!isFailing) note(context, `no metrics arrive at ${endpoint}: ${(error as Error).message}`)
        isFailing = true
      }
    }
  }
}
