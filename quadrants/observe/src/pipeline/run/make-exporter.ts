import { basename, dirname } from 'node:path'
import type { ExporterSpec } from '../config/spec.ts'
import type { Consumer } from '../consumer.ts'
import { fileExporter } from '../exporter/file.ts'
import { QueuedExporter } from '../exporter/queued-exporter.ts'
import type { HeldBytes } from '../held-bytes.ts'
import type { Ledger } from '../ledger.ts'
import { prometheusExporter } from '../prometheus/prometheus-exporter.ts'
import { DiskQueue } from '../queue/disk-queue.ts'
import { MemoryQueue } from '../queue/memory-queue.ts'
import { makeSender } from './make-sender.ts'
import type { PipelineHost, PipelineListener } from './pipeline-host.ts'
import { scrapeHandler } from './scrape-handler.ts'

/** An exporter that runs. */
export interface RunningExporter {
  readonly consumer: Consumer
  readonly listener?: PipelineListener
  close(graceMs: number): Promise<void>
}

export interface ExporterParts {
  readonly host: PipelineHost
  readonly ledger: Ledger
  readonly held: HeldBytes
}

/** @throws {PipelineError} `storage` where its queue cannot be used */
export function makeExporter(
  spec: ExporterSpec,
  { host, ledger: stages, held }: ExporterParts,
): RunningExporter {
  const ledger = stages.stage(`exporter/${spec.id}`)
  const onProblem = (message: string) => host.onProblem(spec.id, message)
  switch (spec.kind) {
    case 'file': {
      const consumer = fileExporter({
        directory: host.directory(dirname(spec.path)),
        name: basename(spec.path),
        fileBytesMax: spec.fileBytesMax,
        backupsMax: spec.backupsMax,
        ledger,
        onProblem,
      })
      return { consumer, close: async () => consumer[Symbol.dispose]() }
    }
    case 'prometheus': {
      const { namespace, seriesMax, expirationMs } = spec
      const consumer = prometheusExporter({ namespace, seriesMax, expirationMs, ledger, clock: host.clock })
      const { host: address, port, tls, id } = spec
      return {
        consumer,
        listener: { kind: 'http', component: id, host: address, port, tls, handler: scrapeHandler(consumer) },
        close: async () => {},
      }
    }
    default: {
      const { directory, bytesMax, consumerCount } = spec.queue
      const disk = directory === undefined ? undefined : new DiskQueue(host.directory(directory), bytesMax)
      for (const [reason, count] of disk?.lost ?? []) {
        ledger.see(count)
        ledger.drop(reason, count)
      }
      const queue = disk ?? new MemoryQueue(bytesMax)
      if (!disk) held.addQueue(() => queue.heldBytes)
      const exporter = new QueuedExporter({
        queue,
        sender: makeSender(spec, host),
        retry: spec.retry,
        consumerCount,
        ledger,
        clock: host.clock,
        random: host.random ?? Math.random,
        onProblem,
      })
      return { consumer: exporter, close: (graceMs) => exporter.close(graceMs) }
    }
  }
}
