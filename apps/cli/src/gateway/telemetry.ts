import { setTimeout as sleep } from 'node:timers/promises'
import { toBinary } from '@bufbuild/protobuf'
import {
  otlpMetrics,
  type FiltersSummary,
  type GatewayStats,
  type TelemetrySpec,
} from '@quadrant/extend/gateway'
import { ExportMetricsServiceRequestSchema } from '@quadrant/proto/otlp'
import type { Context } from '../context.ts'
import { OtlpReceiver, telemetryOrigin } from './otlp-receiver.ts'

export interface TelemetryParts {
  readonly stats: () => Promise<GatewayStats | undefined>
  readonly filters: () => Promise<FiltersSummary>
}

/** Sends what the gateway counts to a receiver of OTLP over HTTP until it is disposed. */
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

  async #run(context: Context, spec: TelemetrySpec, parts: TelemetryParts): Promise<void> {
    const { signal } = this.#stop
    const origin = { ...telemetryOrigin(), startMs: context.now() }
    const receiver = new OtlpReceiver(context, { ...spec, what: 'metrics' })
    while (!signal.aborted) {
      // What came last is told, too, when the gateway ends.
      await sleep(spec.intervalMs, undefined, { signal }).catch(() => {})
      const stats = await parts.stats()
      if (stats === undefined) continue
      const request = otlpMetrics(stats, await parts.filters(), origin, context.now())
      if (!(await receiver.send(toBinary(ExportMetricsServiceRequestSchema, request)))) this.failedCount++
    }
  }
}
