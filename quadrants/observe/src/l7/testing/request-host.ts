import assert from 'node:assert/strict'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Batch, InstructionSchema, RequestInstructionSchema, type RequestSeries } from '@quadrant/proto'
import type { Seen } from '../http2/testing/http2-peer.ts'
import type { HostTracer } from '../../tracer/host-tracer.ts'
import { openHostTracer } from '../../tracer/open-host-tracer.ts'

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** Of 50 ms. */
const TURNS_MAX = 600

/** A row with its ends as text. */
export interface Told {
  readonly series: RequestSeries
  readonly client: string
  readonly server: string
}

/** What an agent would tell of requests on this host, without an agent. */
export class Host implements Disposable {
  readonly tracer: HostTracer = openHostTracer({ host: 'test', bootId, source: 'ebpf' })
  readonly batches: Batch[] = []

  configure(
    requests: MessageInitShape<typeof RequestInstructionSchema>,
    more: MessageInitShape<typeof InstructionSchema> = {},
  ): void {
    this.tracer.configure(
      create(InstructionSchema, {
        profilesOff: true,
        ...more,
        requests: create(RequestInstructionSchema, requests),
      }),
    )
    this.begin()
  }

  /** Programs are loaded behind the second window. */
  begin(): void {
    this.batches.length = 0
    this.tick()
    this.tick()
    this.tracer.poll()
  }

  tick(): Batch {
    this.tracer.poll()
    const { batch } = this.tracer.tick()
    this.batches.push(batch)
    return batch
  }

  /** Rows of a port, until so many requests were told. */
  async until(port: number, count: number): Promise<readonly Told[]> {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      this.tick()
      const rows = this.rows(port)
      if (rows.reduce((sum, { series }) => sum + series.count, 0) >= count) return rows
      await sleep(50)
    }
    assert.fail(`not ${count} requests: ${tally(this.rows(port)).join(', ')}`)
  }

  /** Requests in full, with their ends and the process that saw each, by pid. */
  captures() {
    const pidOf = (key: unknown) => String(key).split('@')[0]
    return this.batches.flatMap(({ requests, endpoints, processKeys }) =>
      (requests?.captures ?? []).map((capture) => ({
        capture,
        ends: [capture.client, capture.server].map((end) => pidOf(endpoints[end]?.kind.value)),
        process: pidOf(processKeys[capture.process - 1]),
      })),
    )
  }

  rows(port: number): readonly Told[] {
    return this.batches.flatMap(({ requests, endpoints }) =>
      (requests?.series ?? [])
        .filter(({ serverPort }) => serverPort === port)
        .map((series) => ({
          series,
          client: String(endpoints[series.client]?.kind.value),
          server: String(endpoints[series.server]?.kind.value),
        })),
    )
  }

  [Symbol.dispose](): void {
    this.tracer[Symbol.dispose]()
  }
}

type StreamKind = 'http' | 'grpc'

/** Each request of HTTP/2 or gRPC that was told, as text, sorted. */
export function streamsTold(kind: StreamKind, rows: readonly Told[]): readonly string[] {
  return rows
    .flatMap(({ series }) =>
      Array.from({ length: series.count }, () =>
        kind === 'grpc'
          ? `${series.route} ${series.httpStatus} ${series.grpcStatus}`
          : `${series.method} ${series.httpStatus}`,
      ),
    )
    .toSorted()
}

/** The same of what a client saw. */
export function streamsSeen(kind: StreamKind, seen: readonly Seen[]): readonly string[] {
  return seen
    .map(({ method, path, status, aborted }) =>
      kind === 'grpc' ? `${path} 200 ${aborted ? undefined : status}` : `${method} ${status}`,
    )
    .toSorted()
}

/** `METHOD route status` with how often, as text. */
export function tally(rows: readonly Told[]): string[] {
  const counts = new Map<string, number>()
  for (const { series } of rows) {
    const key = `${series.method} ${series.route} ${series.httpStatus}`
    counts.set(key, (counts.get(key) ?? 0) + series.count)
  }
  return Array.from(counts, ([key, count]) => `${key} ${count}`).toSorted()
}

export function tallyLog(lines: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const key = line.replaceAll(/\/\d+/g, '/{id}')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Array.from(counts, ([key, count]) => `${key} ${count}`).toSorted()
}
