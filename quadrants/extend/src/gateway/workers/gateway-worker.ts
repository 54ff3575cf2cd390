import type { MessagePort } from 'node:worker_threads'
import { ExtendError } from '../../error.ts'
import { Gateway } from '../gateway.ts'
import { SharedLimits } from '../guard/shared-limits.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { GatewayFilters, type GatewayFiltersParts } from '../filters/gateway-filters.ts'
import { LogBatches } from './log-batches.ts'
import { SpanBatches } from './span-batches.ts'
import type { WorkerMessage, WorkerReply, WorkerRequest } from './worker-message.ts'

export interface GatewayWorkerOptions {
  readonly parts: Omit<
    GatewayParts,
    'writeLog' | 'writeSpan' | 'isPortShared' | 'filtersOf' | 'connectionFiltersOf'
  >
  readonly filters: Omit<GatewayFiltersParts, 'log' | 'crashed'>
}

/** One thread's gateway, as its coordinator asks for it. One request after the other. */
export function serveGateway(port: MessagePort, options: GatewayWorkerOptions): void {
  const send = (message: WorkerMessage) => port.postMessage(message)
  const logs = new LogBatches(send)
  const spans = new SpanBatches(send)
  const gateway: Gateway = new Gateway({
    ...options.parts,
    isPortShared: true,
    filtersOf: (listener) => filters.filtersOf(listener),
    connectionFiltersOf: (listener) => filters.connectionFiltersOf(listener),
    writeLog: (sink, line) => logs.add(sink, line),
    writeSpan: (span) => spans.add(span),
  })

  const filters: GatewayFilters = new GatewayFilters(
    {
      ...options.filters,
      log: (filter, level, message) => send({ kind: 'filter-log', filter, level, message }),
      crashed: (filter, { failure, message }) =>
        send({ kind: 'filter-crash', filter, level: 4, message: `${failure}: ${message}` }),
    },
    gateway.calls(),
  )

  let isCountingShared = false
  async function answer(request: WorkerRequest): Promise<WorkerReply> {
    const { id } = request
    switch (request.kind) {
      case 'reload':
        if (!isCountingShared) {
          isCountingShared = true
          gateway.countLimitsIn(
            new SharedLimits(request.limits, () => Number(options.filters.monotonicNs() / 1_000_000n)),
          )
        }
        await gateway.reload(request.spec, () => filters.stage(request.filters, request.spec))
        return { id, kind: 'reloaded', ports: gateway.ports }
      case 'filters':
        return { id, kind: 'filters', answer: await filters.answer(request.command) }
      case 'stats':
        return { id, kind: 'stats', stats: gateway.stats() }
      case 'drain': {
        const isDone = await gateway.drain(request.drainMs)
        logs.flush()
        spans.flush()
        return { id, kind: 'drained', isDone }
      }
    }
  }

  let last: Promise<void> = Promise.resolve()
  port.on('message', (request: WorkerRequest) => {
    const reply = async () => {
      try {
        send(await answer(request))
      } catch (error) {
        const { code, message } = ExtendError.from(error, 'runtime')
        send({ id: request.id, kind: 'failed', code, message })
      }
    }
    // A drain does not wait for a reload, nor statistics for a drain.
    if (request.kind === 'reload') last = last.then(reply)
    else void reply()
  })
}
