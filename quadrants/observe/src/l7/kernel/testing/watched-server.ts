import assert from 'node:assert/strict'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestSeries } from '../../request-source.ts'
import type { HttpCounts } from '../http-counters.ts'
import type { HttpSource } from '../http-source.ts'
import { LoggedServer } from './logged-server.ts'
import { checkStages, countsSince } from './source-checks.ts'
import { TestCgroup } from './test-cgroup.ts'

/** A server in a cgroup of its own whose requests are seen. */
export class WatchedServer implements AsyncDisposable {
  readonly source: HttpSource
  readonly server: LoggedServer
  readonly cgroup: TestCgroup
  readonly #before: HttpCounts

  private constructor(cgroup: TestCgroup, server: LoggedServer, source: HttpSource) {
    this.cgroup = cgroup
    this.server = server
    this.source = source
    source.read()
    this.#before = source.counts()
    source.attach(cgroup.path)
  }

  static async start(source: HttpSource, program: string, args: readonly string[]): Promise<WatchedServer> {
    const cgroup = new TestCgroup()
    return new WatchedServer(cgroup, await LoggedServer.start(cgroup, program, args), source)
  }

  /** All that was counted since this began. */
  counts(): HttpCounts {
    return countsSince(this.source.counts(), this.#before)
  }

  /** Series by method, path and status, when every request's fate is known. */
  async series(): Promise<ReadonlyMap<string, number>> {
    while (this.source.waiting() > 0) await sleep(5)
    return tally(this.source.read().map((row) => [keyOf(row), row.count]))
  }

  /** What the kernel saw is what the server told, of so many requests that all had an answer or an end. */
  async checkAgainstLog(requests: number): Promise<void> {
    const lines = await this.server.told(requests)
    assert.deepEqual(await this.series(), tallyLog(lines))
    this.checkStages()
  }

  /** Whatever was seen was kept or counted as dropped. */
  checkStages(): void {
    checkStages(this.source)
  }

  connect(): net.Socket {
    return net.connect({ port: this.server.port, host: '127.0.0.1', noDelay: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.source.detach(this.cgroup.path)
    await this.cgroup[Symbol.asyncDispose]()
  }
}

export function keyOf({ method, path, status }: RequestSeries): string {
  return `${method ?? '~other'} ${path ?? '~other'} ${status ?? '~other'}`
}

/** A server's own lines, with its identifiers as the kernel has them. */
export function tallyLog(lines: readonly string[]): ReadonlyMap<string, number> {
  return tally(lines.map((line) => [line.replaceAll(/\/\d+/g, '/{id}'), 1]))
}

function tally(entries: readonly (readonly [key: string, count: number])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [key, count] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
    counts.set(key, (counts.get(key) ?? 0) + count)
  return counts
}

/** Waits until so many responses have begun to come. */
export function responses(socket: net.Socket, count: number): Promise<void> {
  let text = ''
  return new Promise((resolve) => {
    const onData = (part: Buffer) => {
      text += part.toString('latin1')
      if (text.split('HTTP/1.1 2').length <= count) return
      socket.off('data', onData)
      resolve()
    }
    socket.on('data', onData)
  })
}
