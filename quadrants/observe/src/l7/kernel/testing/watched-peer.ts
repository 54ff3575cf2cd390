import { setTimeout as sleep } from 'node:timers/promises'
import { type Http2Peer, PeerServer, PINNED } from '../../http2/testing/http2-peer.ts'
import type { RequestSeries } from '../../request-source.ts'
import type { HttpCounts } from '../http-counters.ts'
import type { HttpSource } from '../http-source.ts'
import type { Http2SourceCounts } from '../http2-source.ts'
import { checkStages, countsSince } from './source-checks.ts'
import { TestCgroup } from './test-cgroup.ts'

export interface WatchedPeerOptions {
  /** In a network namespace of its own. */
  readonly isApart?: boolean
  /** On one processor alone, as {@link Http2Peer.sampled}: no two of them are at one connection's packets. */
  readonly isPinned?: boolean
}

/** Go's servers of HTTP/2 in a cgroup of their own whose requests are seen. */
export class WatchedPeer implements AsyncDisposable {
  readonly cgroup: TestCgroup
  readonly server: PeerServer
  readonly source: HttpSource
  readonly #countsBefore: HttpCounts
  readonly #http2Before: Http2SourceCounts

  private constructor(cgroup: TestCgroup, server: PeerServer, source: HttpSource) {
    this.cgroup = cgroup
    this.server = server
    this.source = source
    source.read()
    this.#countsBefore = source.counts()
    this.#http2Before = source.http2()
    source.attach(cgroup.path)
  }

  static async start(
    peer: Http2Peer,
    source: HttpSource,
    { isApart = false, isPinned = false }: WatchedPeerOptions = {},
  ): Promise<WatchedPeer> {
    const cgroup = new TestCgroup()
    const server = await PeerServer.start(peer, {
      spawnServer: (program, args) => {
        const plain = isPinned ? [...PINNED, program, ...args] : [program, ...args]
        const [command, ...rest] = isApart ? ['unshare', '-n', ...plain, '0.0.0.0'] : plain
        return cgroup.spawn(command!, rest, ['pipe', 'pipe', 'inherit'])
      },
    })
    return new WatchedPeer(cgroup, server, source)
  }

  /** All that was counted since this began. */
  counts(): HttpCounts {
    return countsSince(this.source.counts(), this.#countsBefore)
  }

  http2(): Http2SourceCounts {
    return countsSince(this.source.http2(), this.#http2Before)
  }

  /** Series when every request's fate is known. */
  async series(): Promise<readonly RequestSeries[]> {
    while (this.source.waiting() > 0) await sleep(5)
    return this.source.read()
  }

  /** Waits until the server has told so many requests. */
  async served(count: number): Promise<void> {
    while (this.server.served.length < count) await sleep(5)
  }

  /** Whatever was seen was told or counted as dropped. */
  checkStages(): void {
    checkStages(this.source)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.source.detach(this.cgroup.path)
    await this.server[Symbol.asyncDispose]()
    await this.cgroup[Symbol.asyncDispose]()
  }
}
