import { create } from '@bufbuild/protobuf'
import {
  type EdgeDelta,
  type Endpoint,
  type Process,
  type DropCount,
  type RequestBatch,
  type RuntimeBatch,
} from '@quadrant/proto'
import * as otlp from '@quadrant/proto/otlp'
import { attribute } from '../attribute.ts'
import type { MetricsMessage, TracesMessage } from '../signal.ts'
import { addGcPauses, addGoFigures, addWorldStops } from './go-runtime.ts'
import { HostMemory } from './host-memory.ts'
import { MetricSet, type Window } from './metric.ts'
import { addEdge, edgeOwner } from './network.ts'
import { sideEnd, type ToldRequest } from './request-attributes.ts'
import { addRequests } from './request-metrics.ts'
import { requestSpan } from './request-span.ts'
import { hostResource, processResource } from './resource.ts'

/** What of a batch is told on: `quadrant.v1.Batch` and what a server keeps of it both are one. */
export interface ConvertibleBatch extends Window {
  readonly processes: readonly Process[]
  readonly endpoints: readonly Endpoint[]
  readonly edges: readonly EdgeDelta[]
  readonly drops: readonly DropCount[]
  readonly runtime?: RuntimeBatch | undefined
  readonly requests?: RequestBatch | undefined
}

const DROPS = {
  name: 'quadrant.dropped',
  unit: '{record}',
  description: 'What was not kept, by stage and reason',
}
const SCOPE = 'quadrant'

/** Hosts whose processes are remembered. */
const HOSTS_MAX = 10_000

/** Turns what agents saw into OTLP metrics and spans: one resource a process, and one a host. */
export class BatchConverter {
  readonly #version: string
  readonly #hosts = new Map<string, HostMemory>()

  constructor(version: string) {
    this.#version = version
  }

  /** Forgets a host's processes, when its agent has left. */
  forget(host: string): void {
    this.#hosts.delete(host)
  }

  /** Keys of processes that the batch speaks of and nobody has told since this converter was made. */
  unknownProcesses(host: string, batch: ConvertibleBatch): readonly string[] {
    const memory = this.#memoryOf(host)
    const told = new Set(batch.processes.map(({ key }) => key))
    const named = batch.endpoints.flatMap(({ kind }) => (kind.case === 'processKey' ? [kind.value] : []))
    const keys = new Set([...named, ...(batch.runtime?.processKeys ?? [])])
    return [...keys].filter((key) => !told.has(key) && !memory.process(key))
  }

  /** Takes what was told in an earlier life of this process. */
  remember(host: string, processes: readonly Process[]): void {
    this.#memoryOf(host).remember(processes, undefined)
  }

  convert(host: string, batch: ConvertibleBatch): MetricsMessage {
    const memory = this.#memoryOf(host)
    const { runtime } = batch
    memory.remember(batch.processes, runtime)
    const window = { startNs: batch.startNs, endNs: batch.endNs }
    const byProcess = new Map<string, MetricSet>()
    const metricsOf = (key: string) => {
      let set = byProcess.get(key)
      if (!set) byProcess.set(key, (set = new MetricSet()))
      return set
    }
    for (const edge of batch.edges) {
      const owner = edgeOwner(edge, batch.endpoints)
      if (owner !== undefined) addEdge(metricsOf(owner), edge, { endpoints: batch.endpoints, memory, window })
    }
    if (runtime) addRuntime(runtime, metricsOf, memory, window)
    const hostMetrics = new MetricSet()
    const { endpoints } = batch
    for (const [owner, series] of byOwner(batch.requests?.series ?? [], endpoints))
      addRequests(owner === undefined ? hostMetrics : metricsOf(owner), series, {
        endpoints,
        memory,
        window,
      })
    for (const { stage, reason, count } of batch.drops)
      hostMetrics.increase(
        DROPS,
        window,
        [attribute('quadrant.stage', stage), attribute('quadrant.reason', reason)],
        count,
      )
    return create(otlp.ExportMetricsServiceRequestSchema, {
      resourceMetrics: [
        ...[...byProcess].map(([key, set]) => this.#resource(processResource(host, key, memory), set)),
        this.#resource(hostResource(host), hostMetrics),
      ].filter(({ scopeMetrics }) => scopeMetrics[0]!.metrics.length > 0),
    })
  }

  /** Requests in full as spans; undefined where there are none. What the batch tells of processes is known by `convert`. */
  convertTraces(host: string, { endpoints, requests }: ConvertibleBatch): TracesMessage | undefined {
    if (!requests || requests.captures.length === 0) return undefined
    const memory = this.#memoryOf(host)
    const scope = { name: SCOPE, version: this.#version }
    return create(otlp.ExportTraceServiceRequestSchema, {
      resourceSpans: [...byOwner(requests.captures, endpoints)].map(([owner, captures]) => ({
        resource: owner === undefined ? hostResource(host) : processResource(host, owner, memory),
        scopeSpans: [
          { scope, spans: captures.map((capture) => requestSpan(host, capture, { endpoints, memory })) },
        ],
      })),
    })
  }

  #memoryOf(host: string): HostMemory {
    let memory = this.#hosts.get(host)
    if (!memory) {
      const [oldest] = this.#hosts.keys()
      if (this.#hosts.size >= HOSTS_MAX && oldest !== undefined) this.#hosts.delete(oldest)
      this.#hosts.set(host, (memory = new HostMemory()))
    }
    return memory
  }

  #resource(resource: otlp.Resource, { metrics }: MetricSet): otlp.ResourceMetrics {
    return create(otlp.ResourceMetricsSchema, {
      resource,
      scopeMetrics: [{ scope: { name: SCOPE, version: this.#version }, metrics }],
    })
  }
}

/** Requests by the process at the side that saw them; undefined: it is not known. */
function byOwner<T extends ToldRequest>(
  requests: readonly T[],
  endpoints: readonly Endpoint[],
): Map<string | undefined, T[]> {
  return Map.groupBy(requests, (one) => {
    const kind = endpoints[sideEnd(one)]?.kind
    return kind?.case === 'processKey' ? kind.value : undefined
  })
}

function addRuntime(
  runtime: RuntimeBatch,
  metricsOf: (key: string) => MetricSet,
  memory: HostMemory,
  window: Window,
): void {
  const { processKeys } = runtime
  for (const figures of runtime.goFigures) {
    const key = processKeys[figures.process]
    if (key !== undefined)
      addGoFigures(metricsOf(key), figures, memory.process(key)?.startNs ?? window.startNs)
  }
  for (const [index, cycles] of Map.groupBy(runtime.gcCycles, ({ process }) => process)) {
    const key = processKeys[index]
    if (key !== undefined) addGcPauses(metricsOf(key), cycles, window)
  }
  for (const [index, stops] of Map.groupBy(runtime.worldStops, ({ process }) => process)) {
    const key = processKeys[index]
    if (key !== undefined) addWorldStops(metricsOf(key), stops, window)
  }
}
