import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cgroupRoot } from '@quadrant/ebpf'
import { Http2Peer, NEEDS_PEER, PeerServer, type Seen } from '../http2/testing/http2-peer.ts'
import type { RequestSeries } from '../request-source.ts'
import { collapsePath } from './collapsed-path.ts'
import { type HttpSource, type HttpSourceOptions, openHttpSource } from './http-source.ts'
import { LossyPath, SERVER_ADDRESS } from './testing/lossy-path.ts'
import { TestCgroup } from './testing/test-cgroup.ts'

const NEEDS_TC = spawnSync('tc', ['-V']).status === 0 ? false : 'tc is not installed'

const skip =
  process.getuid?.() !== 0
    ? 'needs root to load BPF programs'
    : cgroupRoot() === undefined
      ? 'no cgroup v2 hierarchy is mounted'
      : NEEDS_PEER

/** Go's servers in a cgroup of their own whose requests are seen. */
class WatchedPeer implements AsyncDisposable {
  readonly cgroup: TestCgroup
  readonly server: PeerServer
  readonly source: HttpSource

  private constructor(cgroup: TestCgroup, server: PeerServer, source: HttpSource) {
    this.cgroup = cgroup
    this.server = server
    this.source = source
  }

  static async start(
    peer: Http2Peer,
    { isApart = false, ...options }: HttpSourceOptions & { readonly isApart?: boolean } = {},
  ): Promise<WatchedPeer> {
    const cgroup = new TestCgroup()
    const server = await PeerServer.start(peer, (program, args) => {
      const [command, ...rest] = isApart
        ? ['unshare', '-n', program, ...args, '0.0.0.0']
        : [program, ...args]
      return cgroup.spawn(command!, rest, ['pipe', 'pipe', 'inherit'])
    })
    const watched = new WatchedPeer(cgroup, server, openHttpSource(options))
    watched.source.attach(cgroup.path)
    return watched
  }

  /** Series when every request's fate is known. */
  async series(): Promise<readonly RequestSeries[]> {
    while (this.source.waiting() > 0) await sleep(5)
    return this.source.read()
  }

  /** Whatever was seen was told or counted as dropped. */
  checkStages(): void {
    const drops = this.source.drops()
    for (const { stage, seen, kept } of this.source.stages()) {
      const dropped = drops.filter((drop) => drop.stage === stage).reduce((sum, { count }) => sum + count, 0)
      assert.equal(seen, kept + dropped, stage)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.source[Symbol.dispose]()
    await this.server[Symbol.asyncDispose]()
    await this.cgroup[Symbol.asyncDispose]()
  }
}

function tally(entries: Iterable<readonly [key: string, count: number]>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [key, count] of [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    counts.set(key, (counts.get(key) ?? 0) + count)
  return counts
}

const seriesOf = (rows: readonly RequestSeries[]) =>
  tally(rows.map((row) => [`${row.method} ${row.path} ${row.status} ${row.grpcStatus}`, row.count]))

const pathOf = ({ path }: Seen) => collapsePath(path.replace(/\?.*/, ''))

describe('requests of HTTP/2 seen in packets', { skip }, () => {
  let peer: Http2Peer
  before(() => {
    peer = new Http2Peer()
  })
  after(() => peer[Symbol.dispose]())

  test('net/http: counts by method, path and status are those of its client and server', async () => {
    await using watched = await WatchedPeer.start(peer)
    const seen = await peer.drive('http', watched.server.http, 600)
    const rows = await watched.series()
    assert.deepEqual(
      seriesOf(rows),
      tally(seen.map((one) => [`${one.method} ${pathOf(one)} ${one.status} undefined`, 1])),
    )
    for (const row of rows) {
      assert.deepEqual([row.protocol, row.side, row.peer], ['http/2', 'server', 'loopback'])
      assert.equal(`127.0.0.1:${row.serverPort}`, watched.server.http)
    }
    watched.checkStages()
  })

  test('grpc-go: methods and status', async () => {
    await using watched = await WatchedPeer.start(peer)
    const seen = await peer.drive('grpc', watched.server.grpc, 600)
    const rows = await watched.series()
    assert.deepEqual(
      seriesOf(rows),
      tally(seen.map((one) => [`${one.method} ${one.path} 200 ${one.aborted ? undefined : one.status}`, 1])),
    )
    for (const row of rows) assert.equal(row.protocol, 'grpc')
    watched.checkStages()
  })

  for (const protocol of ['http', 'grpc'] as const)
    test(
      `${protocol} over a path that loses packets: what is told is right, what is not is counted`,
      { skip: NEEDS_TC },
      async () => {
        await using watched = await WatchedPeer.start(peer, { isApart: true })
        using path = await LossyPath.open(watched.server.pid)
        const port = watched.server[protocol].replace(/.*:/, '')
        const seen = await peer.drive(protocol, `${SERVER_ADDRESS}:${port}`, 300, (command) =>
          path.atClient(command),
        )
        const told = seriesOf(await watched.series())
        const counts = watched.source.http2()
        console.log(path.lostPackets(), counts, watched.source.counts(), told.size)
        assert.ok(path.lostPackets() > 0)
        assert.equal(seen.length, 300)
        watched.checkStages()
      },
    )
})
