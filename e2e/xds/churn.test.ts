// The control plane under clients that come and go: nothing of them remains, and nobody waits for them.
import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { urlOf } from '../../quadrants/govern/src/xds/testing/made-resource.ts'
import { FULL } from '../requirements.ts'
import { FollowingClient } from './following-client.ts'
import { LEAVING_CLIENTS } from './leaving-client.ts'
import { RawStream } from './raw-stream.ts'
import { VanishingNetwork } from './vanishing-network.ts'
import { XdsProcess } from './xds-process.ts'

const CLIENTS = FULL ? 10_000 : 1000
const AT_A_TIME = 32
const KEEPALIVE_MS = 1000
const TYPES = ['CDS', 'EDS', 'LDS', 'RDS', 'SDS', 'ECDS'] as const
const RESOURCES = 100
/** What V8 may keep of code, of feedback, and of pools of Node. */
const HEAP_SLACK_BYTES = 6 * 2 ** 20
const NODE = { id: 'proxy', cluster: 'shop' }

test(`${CLIENTS} clients that leave in every way leave nothing`, { timeout: 300_000 }, async () => {
  await using xds = await XdsProcess.start({ keepaliveMs: KEEPALIVE_MS })
  for (const type of TYPES) await xds.tell({ kind: 'set', type, from: 0, to: RESOURCES, tag: 0 })
  // Before the first clients much is not compiled and not in memory that then always is.
  for (const { leave } of [...LEAVING_CLIENTS, ...LEAVING_CLIENTS]) await leave(xds.port, 0)
  const isIdle = ({ counts, active }: Awaited<ReturnType<XdsProcess['state']>>) =>
    counts.streams === 0 && active.filter((name) => name === 'TCPSocketWrap').length === 0
  const before = await xds.stateWhen(isIdle)
  assert.ok(isIdle(before), JSON.stringify(before))

  const ending = new AbortController()
  using following = new FollowingClient(xds.port)
  const changing = change(xds, ending.signal)
  let turn = 0
  const workers = Array.from({ length: AT_A_TIME }, async () => {
    while (turn < CLIENTS) {
      const mine = turn++
      await LEAVING_CLIENTS[mine % LEAVING_CLIENTS.length]!.leave(xds.port, mine)
    }
  })
  await Promise.all(workers)
  ending.abort()
  const changes = await changing
  await following.has(changes)
  const { responseCount, gapMsMax } = following
  following[Symbol.dispose]()

  const after = await xds.stateWhen(
    (state) => isIdle(state) && state.heapBytes < before.heapBytes + HEAP_SLACK_BYTES,
  )
  assert.equal(after.counts.streams, 0)
  assert.equal(after.counts.watches, 0)
  assert.deepEqual(after.active, before.active, 'timers, sockets')
  assert.ok(
    after.heapBytes < before.heapBytes + HEAP_SLACK_BYTES,
    `${before.heapBytes} bytes before, ${after.heapBytes} after`,
  )
  // Whoever reads and answers has everything at once, whatever the others do.
  assert.ok(responseCount > changes / 4, `${responseCount} responses of ${changes} changes`)
  assert.ok(gapMsMax < 1000, `nothing came for ${gapMsMax} ms`)
})

test('a dead peer is found, and nothing of it remains', { timeout: 60_000 }, async () => {
  await using xds = await XdsProcess.start({ keepaliveMs: 200 })
  await xds.tell({ kind: 'set', type: 'CDS', from: 0, to: 1, tag: 0 })
  await using network = await VanishingNetwork.open(xds.port)
  const session = connect(`http://127.0.0.1:${network.port}`)
  session.on('error', () => {})
  const stream = new RawStream(session, true)
  stream.sayDelta({ node: NODE, typeUrl: urlOf('CDS') })
  await stream.delta()
  assert.equal((await xds.state()).counts.streams, 1)
  await delay(600)
  assert.equal((await xds.state()).counts.streams, 1, 'one that lives stays')
  network.vanish()
  // The socket goes a moment after the stream.
  const { counts } = await xds.stateWhen(
    (state) => state.counts.streams === 0 && !state.active.includes('TCPSocketWrap'),
  )
  assert.deepEqual([counts.streams, counts.watches], [0, 0])
  session.destroy()
})

test(
  'who does not read delays nobody, and holds names and no bytes, whatever it says',
  { timeout: 120_000 },
  async () => {
    await using xds = await XdsProcess.start()
    const large = FULL ? 2000 : 1000
    await xds.tell({ kind: 'set', type: 'CDS', from: 0, to: large, tag: 1 })
    using following = new FollowingClient(xds.port)
    await following.has(1)
    const sessions = Array.from({ length: FULL ? 200 : 50 }, () =>
      connect(`http://127.0.0.1:${xds.port}`, { settings: { initialWindowSize: 1 } }),
    )
    const streams = sessions.map((session) => {
      session.on('error', () => {})
      const stream = new RawStream(session, true)
      stream.sayDelta({ node: NODE, typeUrl: urlOf('CDS') })
      stream.http2.pause()
      return stream
    })
    await xds.stateWhen(({ counts }) => counts.streams === sessions.length + 1)
    await xds.tell({ kind: 'set', type: 'CDS', from: 0, to: large, tag: 2 })
    await following.has(2)
    let before = await xds.state()
    following.gapMsMax = 0
    for (let tag = 3; tag < 53; tag++) {
      // By now each holds the names of all that it has not been told, and there are no others.
      if (tag === 28) before = await xds.state()
      await xds.tell({ kind: 'set', type: 'CDS', from: 0, to: large, tag })
      await following.has(tag)
      // They say that they have what they have not read.
      for (const stream of streams)
        for (const nonce of [tag - 2, tag - 1])
          stream.sayDelta({ typeUrl: urlOf('CDS'), responseNonce: `${nonce}` })
    }
    const after = await xds.state()
    for (const session of sessions) session.destroy()
    // Each round is a hundred kilobytes for each of them: hundreds of megabytes, were they kept.
    const grown = after.heapBytes - before.heapBytes
    assert.ok(grown < 32 * 2 ** 20, `${grown} bytes more after 25 rounds`)
    assert.ok(following.gapMsMax < 3000, `nothing came for ${following.gapMsMax} ms`)
    assert.equal((await xds.stateWhen(({ counts }) => counts.streams === 1)).counts.streams, 1)
  },
)

/** Changes something of which everyone hears all the time. Gives how often. */
async function change(xds: XdsProcess, signal: AbortSignal): Promise<number> {
  let tag = 0
  while (!signal.aborted) {
    tag++
    await xds.tell({ kind: 'set', type: 'CDS', from: 0, to: RESOURCES, tag })
    await xds.tell({ kind: 'set', type: 'LDS', from: RESOURCES + (tag % 10), to: RESOURCES + 10, tag })
    await xds.tell({ kind: 'remove', type: 'LDS', from: RESOURCES, to: RESOURCES + 10 })
    await delay(5)
  }
  return tag
}
