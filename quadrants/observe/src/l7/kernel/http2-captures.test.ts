// Requests of HTTP/2 and gRPC in full, by Go's and nghttp2's clients against Go's servers.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import net from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { cgroupRoot } from '@quadrant/ebpf'
import type { CapturedExchange } from '../captured-exchange.ts'
import { frame, literal, OPENING } from '../http2/testing/frames.ts'
import { Http2Peer, NEEDS_PEER } from '../http2/testing/http2-peer.ts'
import type { CaptureRules, RequestSeries } from '../request-source.ts'
import { checkSamplingRules } from '../sampling/check-sampling.ts'
import type { SamplingRule } from '../sampling/sampling-rule.ts'
import { samplingScope } from '../sampling/sampling-scope.ts'
import { type HttpSource, openHttpSource } from './http-source.ts'
import { WatchedPeer } from './testing/watched-peer.ts'

const run = promisify(execFile)

const skip =
  process.getuid?.() !== 0
    ? 'needs root to load BPF programs'
    : cgroupRoot() === undefined
      ? 'no cgroup v2 hierarchy is mounted'
      : NEEDS_PEER

const NEEDS_H2LOAD = spawnSync('h2load', ['--version']).status === 0 ? false : 'h2load is not installed'

const HIGH: SamplingRule = { id: 'high', header: 'X-Trace-Sampling', value: 'high' }
const END_OF_ALL = 1 | 4

describe('requests of HTTP/2 in full', { skip }, () => {
  let peer: Http2Peer
  let source: HttpSource
  before(() => {
    peer = new Http2Peer()
    // A hundred requests at once on two processors: nothing of this is about a ring that is full.
    source = openHttpSource({ http2RingBytes: 1 << 24 })
  })
  after(() => {
    source[Symbol.dispose]()
    peer[Symbol.dispose]()
  })

  const setRules = (rules: readonly SamplingRule[], options: Omit<CaptureRules, 'rules'> = {}) =>
    source.setRules({ rules: checkSamplingRules(rules).value, ...options }, (_place, all) =>
      samplingScope(all, 'peer'),
    )

  /** Sets rules, and waits until they are in force. */
  const changeRules = async (...rules: Parameters<typeof setRules>) => {
    const generation = setRules(...rules)
    await sleep(11)
    source.renewScopes((_place, all) => samplingScope(all, 'peer'))
    return generation
  }

  const taken: CapturedExchange[] = []
  const poll = () => void source.pollExchanges((exchange) => taken.push(exchange))

  /** Takes captures while something goes on, and until all that was captured is over. */
  const captured = async <T>(work: Promise<T>): Promise<readonly [T, readonly CapturedExchange[]]> => {
    taken.length = 0
    using _timer = repeat(poll)
    const result = await work
    poll()
    while (source.waiting() > 0) await sleep(5)
    poll()
    return [result, taken.splice(0)]
  }

  for (const protocol of ['http', 'grpc'] as const)
    test(`${protocol}: of many at once, one of a thousand is captured, whole, and no other`, async () => {
      await using watched = await WatchedPeer.start(peer, source, { isPinned: true })
      await changeRules([HIGH], { secrets: { headers: ['x-mine'] } })
      const [{ requests, asked }, captures] = await captured(
        peer.sampled(protocol, watched.server[protocol], { count: 20_000, every: 1000 }),
      )
      const valueOf = (of: CapturedExchange['requestFields'], name: string) =>
        of.find((field) => field.name === name)?.value
      assert.deepEqual(
        new Set(captures.map(({ requestFields }) => valueOf(requestFields, 'x-request'))),
        new Set(asked),
      )
      assert.equal(captures.length, asked.length)
      for (const one of captures) {
        const { requestFields, responseFields, startNs, requestEndNs, responseStartNs, responseEndNs } = one
        const i = Number(valueOf(requestFields, 'x-request'))
        assert.deepEqual(
          ['authorization', 'x-mine', 'x-trace-sampling', 'x-long', 'content-type'].map((name) =>
            valueOf(requestFields, name),
          ),
          [
            '[redacted]',
            '[redacted]',
            'High',
            String(i).padStart(500, '0'),
            protocol === 'grpc' ? 'application/grpc+proto' : undefined,
          ],
        )
        assert.deepEqual(one.traceParent, {
          traceId: (i + 1).toString(16).padStart(32, '0'),
          spanId: (i + 1).toString(16).padStart(16, '0'),
          flags: 1,
        })
        assert.equal(one.authority, watched.server[protocol])
        assert.deepEqual(
          [one.method, one.target, one.protocol, one.status, one.grpcStatus, one.outcome],
          protocol === 'grpc'
            ? ['POST', '/shop.v1.Cart/Get', 'grpc', 200, 0, 'answered']
            : [
                'GET',
                `/item/${i % 40}?status=200&bytes=10&token=[redacted]`,
                'http2',
                200,
                undefined,
                'answered',
              ],
        )
        assert.equal(
          valueOf(responseFields, protocol === 'grpc' ? 'grpc-status' : 'content-type'),
          protocol === 'grpc' ? '0' : 'text/plain',
        )
        if (protocol === 'http') assert.equal(one.responseBytes, 10)
        assert.ok(startNs <= requestEndNs! && requestEndNs! <= responseStartNs!)
        assert.ok(responseStartNs! <= responseEndNs!)
        assert.deepEqual([one.omitted, one.unknown, one.isOver], [0, 0, true])
      }
      assert.ok(!JSON.stringify(captures).includes('s3cret'))
      assert.equal(countOf(await watched.series()), requests)
      const { captured: count, captureCapped, captureFull } = watched.http2()
      assert.deepEqual([count, captureCapped, captureFull], [asked.length, 0, 0])
      watched.checkStages()
      await changeRules([])
    })

  test(
    'h2load: those of one client that ask, beside another that floods',
    { skip: NEEDS_H2LOAD },
    async () => {
      await using watched = await WatchedPeer.start(peer, source, { isPinned: true })
      await changeRules([HIGH])
      const url = `http://${watched.server.http}/load?status=200&bytes=1`
      const load = (count: number, clients: number, streams: number, ...more: string[]) =>
        run('h2load', ['-n', `${count}`, '-c', `${clients}`, '-m', `${streams}`, ...more, url])
      const [, captures] = await captured(
        Promise.all([load(20_000, 4, 25), load(20, 1, 2, '-H', 'x-trace-sampling: HIGH')]),
      )
      assert.equal(captures.length, 20)
      for (const { requestFields, status, target, outcome } of captures) {
        assert.ok(requestFields.some(({ name, value }) => name === 'x-trace-sampling' && value === 'HIGH'))
        assert.deepEqual([status, target, outcome], [200, '/load?status=200&bytes=1', 'answered'])
      }
      assert.equal(countOf(await watched.series()), 20_020)
      await changeRules([])
    },
  )

  for (const protocol of ['http', 'grpc'] as const)
    test(`${protocol}: rates changed a hundred times under load hold at once, and nothing is lost or twice`, async () => {
      await using watched = await WatchedPeer.start(peer, source, { isPinned: true })
      const nowNs = () => Number(process.hrtime.bigint())
      const rate = (i: number): SamplingRule[] =>
        i % 2 === 0
          ? [{ ...HIGH, rate: { perThousand: 1000 } }]
          : [{ ...HIGH, id: `capped${i}`, capturesPerSecondMax: 1 + i }]
      const sets: { readonly generation: number; readonly fromNs: number }[] = []
      const set = async (i: number) => {
        const fromNs = nowNs()
        sets.push({ generation: await changeRules(rate(i), { capturesPerSecondMax: 10_000 }), fromNs })
      }
      await set(0)
      const enough = new AbortController()
      const work = async () => {
        let requests = 0
        while (!enough.signal.aborted)
          requests += (await peer.sampled(protocol, watched.server[protocol], { count: 4000, every: 1 }))
            .requests
        return requests
      }
      const loading = captured(work())
      for (let i = 1; i <= 100; i++) {
        // Until one of the rules before was captured, so that each is under load.
        const { generation } = sets.at(-1)!
        while (!taken.some((one) => one.generation === generation)) await sleep(1)
        await set(i)
      }
      while (!taken.some((one) => one.generation === sets.at(-1)!.generation)) await sleep(1)
      enough.abort()
      const [requests, captures] = await loading
      for (const [i, { generation, fromNs }] of sets.entries()) {
        const own = captures.filter((one) => one.generation === generation)
        const [first, last] = [own.at(0)!.startNs, own.at(-1)!.startNs]
        const next = sets[i + 1]
        assert.ok(
          first > fromNs && (next === undefined || last < next.fromNs + 1e9),
          `generation ${generation}`,
        )
      }
      assert.equal(
        new Set(captures.map(({ connection, stream }) => `${connection} ${stream}`)).size,
        captures.length,
      )
      // Every request asks: what is not captured is over a cap.
      const { captured: count, captureCapped, captureFull } = watched.http2()
      assert.equal(count, captures.length)
      assert.equal(count + captureCapped + captureFull, requests)
      assert.equal(countOf(await watched.series()), requests)
      watched.checkStages()
      await changeRules([])
    })

  test('rules are for their services and protocols, once it is known whose a server is', async () => {
    await using watched = await WatchedPeer.start(peer, source, { isPinned: true })
    const rules: SamplingRule[] = [
      { id: 'other', service: 'other' },
      { id: 'http1', service: 'peer', protocol: 'http1' },
      { id: 'grpc', service: 'peer', protocol: 'grpc', route: '/shop.v1.Cart/*' },
      { id: 'seventh', service: 'peer', header: 'x-request', value: '7' },
    ]
    const options = { capturesPerSecondMax: 100_000 }
    await changeRules(rules, options)
    const send = (protocol: 'http' | 'grpc') =>
      captured(peer.sampled(protocol, watched.server[protocol], { count: 40, every: 1e9 }))
    const chosen = (captures: readonly CapturedExchange[]) => captures.map(({ rule }) => rule)
    for (const protocol of ['http', 'grpc'] as const) assert.deepEqual(chosen((await send(protocol))[1]), [])
    await changeRules(rules, options)
    assert.deepEqual(chosen((await send('http'))[1]), [3])
    assert.deepEqual(chosen((await send('grpc'))[1]), Array<number>(40).fill(2))
    // What is not read is not captured, and nothing is where no rule is.
    await changeRules(rules, { ...options, protocols: ['http1', 'http2'] })
    assert.deepEqual(chosen((await send('grpc'))[1]), [])
    assert.deepEqual(chosen((await send('http'))[1]), [3])
    await changeRules([])
    assert.deepEqual(chosen((await send('grpc'))[1]), [])
  })

  test('of a connection that was there before, what nobody can know is unknown and labelled', async () => {
    await using watched = await WatchedPeer.start(peer, source, { isPinned: true })
    const rules: SamplingRule[] = [HIGH, { id: 'path', route: '/known*' }, { id: 'grpc', protocol: 'grpc' }]
    // What was captured in this second before counts, too.
    await changeRules(rules, { capturesPerSecondMax: 100_000 })
    source.detach(watched.cgroup.path)
    const [host, port] = watched.server.http.split(':')
    const socket = net.connect({ host: host!, port: Number(port), noDelay: true }).resume()
    const get = (streamId: number, ...fields: readonly Uint8Array[]) =>
      socket.write(frame(1, END_OF_ALL, streamId, Buffer.concat([Buffer.from([0x82, 0x86]), ...fields])))
    const path = (text: string) => Buffer.concat([Buffer.from([0x04, text.length]), Buffer.from(text)])
    socket.write(OPENING)
    // `x-trace-sampling: high` and a path are added to the table.
    const added = Buffer.concat([Buffer.from([0x40]), literal('x-trace-sampling', 'high').subarray(1)])
    const addedPath = path('/known?status=200')
    addedPath[0] = 0x44
    get(1, addedPath, added)
    await watched.served(1)
    await sleep(50)
    source.attach(watched.cgroup.path)
    // The first is not known to ask, the third not to have this path.
    get(3, path('/a?status=200'), Buffer.from([0xbe]))
    await watched.served(2)
    get(5, path('/known?status=201'), Buffer.from([0xbe]))
    await watched.served(3)
    get(7, Buffer.from([0xbf]), literal('x-trace-sampling', 'high'))
    await watched.served(4)
    const [, captures] = await captured(sleep(50))
    assert.deepEqual(
      captures.map(({ rule, method, target, status, unknown, omitted }) => [
        rule,
        method,
        target,
        status,
        unknown > 0,
        unknown === omitted,
      ]),
      [
        [1, 'GET', '/known?status=201', 201, true, true],
        [0, 'GET', '', 200, true, true],
      ],
    )
    assert.deepEqual(
      captures.map(({ requestFields }) => requestFields),
      [[], [{ name: 'x-trace-sampling', value: 'high', cutBytes: 0 }]],
    )
    await changeRules([])
    socket.destroy()
  })
})

function countOf(rows: readonly RequestSeries[]): number {
  return rows.reduce((sum, { count }) => sum + count, 0)
}

/** Does it every few milliseconds. */
function repeat(work: () => void): Disposable {
  const timer = setInterval(work, 4)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
