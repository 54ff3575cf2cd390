import type { Server } from '@grpc/grpc-js'
import type { PipelineClock } from '../clock.ts'
import type { Address } from '@quadrant/core/config'
import type { TlsFiles } from '../config/spec.ts'
import type { QueueDirectory } from '../queue/queue-directory.ts'
import type { HttpHandler } from '../receiver/otlp-http.ts'

/** All that pipelines use of the machine they run on. */
export interface PipelineHost {
  readonly clock: PipelineClock
  /** From 0 to below 1. Default Math.random. */
  readonly random?: () => number
  /** A directory for a queue or a file, made where there is none. May throw the system's error. */
  readonly directory: (path: string) => QueueDirectory
  /** Certificates and keys. May throw the system's error. */
  readonly readFile: (path: string) => Buffer
  /** A backend refused something or is away, a file cannot be written: what it said. */
  readonly onProblem: (component: string, message: string) => void
}

/** What whoever runs the pipelines has to open: they open nothing themselves. */
export type PipelineListener = Address & {
  /** The receiver or exporter it is for. */
  readonly component: string
  readonly tls: TlsFiles | undefined
} & (
    | {
        readonly kind: 'grpc'
        readonly messageBytesMax: number
        readonly addServices: (server: Server) => void
      }
    | { readonly kind: 'http'; readonly handler: HttpHandler }
  )
