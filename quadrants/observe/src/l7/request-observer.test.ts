// Real servers and clients, watched as an agent watches them: what a batch tells must be what the server logged.
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { cgroupRoot } from '@quadrant/ebpf'
import {
  type Batch,
  InstructionSchema,
  RequestOutcome,
  RequestProtocol,
  RequestSide,
  RequestSource,
  RequestInstructionSchema,
  type RequestSeries,
} from '@quadrant/proto'
import type { HostTracer } from '../tracer/host-tracer.ts'
import { openHostTracer } from '../tracer/open-host-tracer.ts'
import { NEEDS_GO } from '../runtime/testing/needs-go.ts'
import { BuiltServer, LoggedServer } from './kernel/testing/logged-server.ts'
import { TestCgroup } from './kernel/testing/test-cgroup.ts'

const run = promisify(execFile)
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

const skip =
  process.getuid?.() !== 0
    ? 'needs root to load BPF programs'
    : cgroupRoot() === undefined
      ? 'no cgroup v2 hierarchy is mounted'
      : NEEDS_GO.skip

/** A row with its ends as text. */
interface Told {
  readonly series: RequestSeries
  readonly client: string
  readonly server: string
}

class Host implements Disposable {
  readonly tracer: HostTracer = openHostTracer({ host: 'test', bootId, source: 'ebpf' })
  readonly batches: Batch[] = []

  configure(requests: MessageInitShape<typeof RequestInstructionSchema>): void {
    this.tracer.configure(
      create(InstructionSchema, {
        probesOff: true,
        profilesOff: true,
        requests: create(RequestInstructionSchema, requests),
      }),
    )
  }

  tick(): Batch {
    this.tracer.poll()
    const { batch } = this.tracer.tick()
    this.batches.push(batch)
    return batch
  }

  /** Rows of a port, until so many requests were told. */
  async until(port: number, count: number): Promise<readonly Told[]> {
    for (;;) {
      this.tick()
      const rows = this.rows(port)
      if (rows.reduce((sum, { series }) => sum + series.count, 0) >= count) return rows
      await sleep(50)
    }
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

/** `METHOD route status` with how often, as text. */
function tally(rows: readonly Told[]): string[] {
  const counts = new Map<string, number>()
  for (const { series } of rows) {
    const key = `${series.method} ${series.route} ${series.httpStatus}`
    counts.set(key, (counts.get(key) ?? 0) + series.count)
  }
  return Array.from(counts, ([key, count]) => `${key} ${count}`).toSorted()
}

function tallyLog(lines: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const key = line.replaceAll(/\/\d+/g, '/{id}')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Array.from(counts, ([key, count]) => `${key} ${count}`).toSorted()
}

describe('requests in the batches of a tracer', { skip }, () => {
  let built: BuiltServer

  before(() => void (built = new BuiltServer()))
  after(() => built[Symbol.dispose]())

  test('counts by method, route and status are the server’s own, with both ends', async () => {
    await using cgroup = new TestCgroup()
    using host = new Host()
    host.configure({})
    const server = await LoggedServer.start(cgroup, built.program, ['serve', '127.0.0.1:0'])
    const { stdout } = await run(built.program, ['ask', `http://${server.address}`, '20'])
    const asked = stdout.trim().split('\n').length
    const rows = await host.until(server.port, asked)
    assert.deepEqual(tally(rows), tallyLog(server.lines))
    for (const { series, client, server: serving } of rows) {
      assert.match(serving, new RegExp(`^${server.child.pid}@\\d+$`))
      assert.match(client, /^\d+@\d+$/)
      assert.notEqual(client, serving)
      assert.deepEqual(
        [series.protocol, series.side, series.source],
        [RequestProtocol.HTTP1, RequestSide.SERVER, RequestSource.PACKETS],
      )
      assert.equal(series.outcome === RequestOutcome.ABORTED, series.httpStatus === 0)
      const timed = (series.durations?.counts ?? []).reduce((sum, count) => sum + count, 0)
      assert.equal(timed, series.httpStatus === 0 ? 0 : series.count)
    }
    const { requests } = host.tracer.report()
    assert.ok(requests!.requests >= asked)
  })
})
