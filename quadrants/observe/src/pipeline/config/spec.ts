import type { Address } from '@quadrant/core/config'
import type { RetryOptions } from '../exporter/retry-delay.ts'
import type { AttributesOptions } from '../processor/attributes.ts'
import type { BatchOptions } from '../processor/batch.ts'
import type { CardinalityOptions } from '../processor/cardinality.ts'
import type { FilterOptions } from '../processor/filter.ts'
import type { MemoryLimiterOptions } from '../processor/memory-limiter.ts'
import type { Signal } from '../signal.ts'

/** Files of a certificate, its key and the authorities to trust; paths as they were written. */
export interface TlsFiles {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

export interface ListenSpec extends Address {
  readonly tls: TlsFiles | undefined
  /** Of one request. */
  readonly messageBytesMax: number
}

export type ReceiverSpec = { readonly id: string } & (
  | { readonly kind: 'quadrant' }
  | { readonly kind: 'otlp'; readonly grpc: ListenSpec | undefined; readonly http: ListenSpec | undefined }
)

export type ProcessorSpec = { readonly id: string } & (
  | ({ readonly kind: 'batch' } & BatchOptions)
  | ({ readonly kind: 'memory_limiter' } & MemoryLimiterOptions)
  | ({ readonly kind: 'filter' } & Readonly<Record<Signal, FilterOptions>>)
  | ({ readonly kind: 'attributes' } & AttributesOptions)
  | ({ readonly kind: 'cardinality' } & CardinalityOptions)
)

export interface SendSpec {
  readonly headers: ReadonlyMap<string, string>
  readonly isGzip: boolean
  readonly timeoutMs: number
  readonly retry: RetryOptions
  readonly queue: {
    readonly consumerCount: number
    readonly bytesMax: number
    /** Undefined: in memory. */
    readonly directory: string | undefined
  }
}

export type ExporterSpec = { readonly id: string } & (
  | ({ readonly kind: 'otlp'; readonly target: string; readonly tls: TlsFiles | undefined } & SendSpec)
  | ({
      readonly kind: 'otlphttp'
      readonly endpoint: string
      readonly endpoints: Partial<Readonly<Record<Signal, string>>>
      readonly isJson: boolean
      readonly tls: TlsFiles
    } & SendSpec)
  | ({ readonly kind: 'prometheus'; readonly tls: TlsFiles | undefined } & Address & {
        readonly namespace: string
        readonly seriesMax: number
        readonly expirationMs: number
      })
  | {
      readonly kind: 'file'
      readonly path: string
      readonly fileBytesMax: number
      readonly backupsMax: number
    }
)

export interface PipelineLine {
  /** `traces`, `metrics/internal`, … */
  readonly id: string
  readonly signal: Signal
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

/** A pipeline file, understood. */
export interface PipelineSpec {
  readonly receivers: readonly ReceiverSpec[]
  readonly processors: readonly ProcessorSpec[]
  readonly exporters: readonly ExporterSpec[]
  readonly pipelines: readonly PipelineLine[]
}
