// This machine's kernel: connections that the test makes must be told as node:net and node:dgram know them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress } from '@quadrant/core'
import { TcpState } from '../kernel/record.ts'
import type { ConnectionEvent } from './connection-event.ts'
import { openConnectionEvents, type ConnectionEvents } from './connection-events.ts'

const skip = process.getuid?.() !== 0 && 'needs root to load BPF programs'

interface Told extends Omit<ConnectionEvent, 'saddr' | 'daddr'> {
  readonly saddr: string
  readonly daddr: string
}

/** Copies of all events until `found`, or for some seconds. */
async function collect(events: ConnectionEvents, found: (told: readonly Told[]) => boolean): Promise<Told[]> {
  const told: Told[] = []
  const objects = new Set<ConnectionEvent>()
  const end = performance.now() + 10_000
  while (!found(told) && performance.now() < end) {
    const before = told.length
    const count = events.poll((event) => {
      objects.add(event)
      const { kind, ts, pid, sport, dport, protocol, state, cookie } = event
      const [saddr, daddr] = [formatAddress(event.saddr), formatAddress(event.daddr)]
      told.push({ kind, ts, pid, saddr, daddr, sport, dport, protocol, state, cookie })
      assert.equal(
        events.poll(() => assert.fail('within a poll')),
        0,
      )
    })
    assert.equal(told.length - before, count)
    await sleep(10)
  }
  assert.ok(objects.size <= 1)
  return told
}

for (const buffer of ['ring', 'perf'] as const) {
  describe(`connection events by ${buffer} buffer`, { skip }, () => {
    for (const host of ['127.0.0.1', '::1'])
      test(`TCP at ${host}: each state of both ends, while the connection lives`, async (t) => {
        using events = openConnectionEvents({ buffer })
        assert.equal(events.buffer, buffer)
        const begin = Number(process.hrtime.bigint())
        const server = createServer((socket) => socket.resume().on('end', () => socket.end()))
        server.listen(0, host)
        await once(server, 'listening')
        const { port } = server.address() as AddressInfo
        const socket = connect(port, host).resume()
        await once(socket, 'connect')
        t.after(() => {
          socket.destroy()
          server.close()
        })
        const { localPort } = socket
        // The kernel chooses the port after SYN_SENT.
        const client = (told: readonly Told[]) =>
          told.filter((event) => [0, localPort].includes(event.sport) && event.dport === port)
        const served = (told: readonly Told[]) =>
          told.filter((event) => event.sport === port && event.dport === localPort)
        const states = (told: readonly Told[]) => told.map(({ state }) => state)

        const open = await collect(events, (told) => client(told).length >= 2 && served(told).length > 0)
        assert.deepEqual(states(client(open)), [TcpState.synSent, TcpState.established])
        assert.deepEqual(states(served(open)), [TcpState.established])
        const [opening] = client(open)
        const { ts, cookie, ...rest } = opening!
        assert.ok(cookie > 0 && ts >= begin && ts <= Number(process.hrtime.bigint()))
        assert.deepEqual(rest, {
          kind: 'state',
          pid: process.pid,
          saddr: host,
          daddr: host,
          sport: 0,
          dport: port,
          protocol: 6,
          state: TcpState.synSent,
        })
        const listening = open.find(({ sport, state }) => sport === port && state === TcpState.listen)
        assert.equal(client(open)[1]?.sport, localPort)
        assert.equal(client(open)[1]?.cookie, cookie)
        assert.deepEqual([listening?.pid, listening?.dport], [process.pid, 0])

        socket.end()
        const isClosed = (told: readonly Told[]) => told.at(-1)?.state === TcpState.close
        const closed = await collect(events, (told) => isClosed(client(told)) && isClosed(served(told)))
        assert.ok(client(closed).every((event) => event.cookie === cookie))
        assert.ok(served(closed).every((event) => event.cookie === served(open)[0]?.cookie))
        const times = client([...open, ...closed]).map((event) => event.ts)
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        )
      })

    test('a refused connect and a UDP exchange', async () => {
      using events = openConnectionEvents({ buffer })
      const receiver = createSocket('udp4').bind(0, '127.0.0.1')
      await once(receiver, 'listening')
      const { port } = receiver.address()
      const sender = createSocket('udp4')
      sender.send('ping', port, '127.0.0.1')
      await once(receiver, 'message')
      const senderPort = sender.address().port
      // Nobody listens on a TCP port that only UDP has, unless another program has it by chance.
      const refused = connect(port, '127.0.0.1')
      await assert.rejects(once(refused, 'connect'), { code: 'ECONNREFUSED' })
      const peer = (told: readonly Told[]) =>
        told.find(({ kind, sport, dport }) => kind === 'udp-peer' && sport === senderPort && dport === port)
      const told = await collect(events, (all) => peer(all) !== undefined)
      const { ts, cookie, ...rest } = peer(told)!
      assert.ok(ts > 0 && cookie > 0)
      assert.deepEqual([rest.pid, rest.daddr, rest.protocol, rest.state], [process.pid, '127.0.0.1', 17, 0])
      const failed = told.filter(({ dport, protocol }) => dport === port && protocol === 6)
      assert.deepEqual(
        failed.filter(({ kind }) => kind === 'state').map(({ state }) => state),
        [TcpState.synSent, TcpState.close],
      )
      sender.close()
      receiver.close()
      const closed = await collect(events, (all) =>
        all.some(({ kind, sport }) => kind === 'udp-close' && sport === senderPort),
      )
      assert.ok(closed.some((event) => event.kind === 'udp-close' && event.cookie === cookie))
    })
  })
}

test('what a small ring could not hold is counted', { skip }, async () => {
  using events = openConnectionEvents({ buffer: 'ring', ringBytes: 4096 })
  const server = createServer((socket) => socket.resume().on('end', () => socket.end())).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  for (let i = 0; i < 30; i++) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
      .resume()
      .end()
    await once(socket, 'close')
  }
  server.close()
  const lost = events
    .drops()
    .reduce((sum, { stage, count }) => sum + (stage === 'kernel.ring' ? count : 0), 0)
  assert.ok(lost > 0)
})

test('the example of the guide runs', { skip }, () => {
  const root = join(import.meta.dirname, '../../../..')
  const guide = readFileSync(join(root, 'docs/guide/connection-events.md'), 'utf8')
  const example = /```ts\n(.*?)```/s.exec(guide)?.[1]
  assert.ok(example)
  const args = ['--input-type=module-typescript', '--eval', example]
  const printed = execFileSync(process.execPath, args, {
    cwd: join(root, 'quadrants/observe'),
    encoding: 'utf8',
  })
  assert.match(printed, /^\d+ 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+ synSent$/m)
  assert.match(printed, /^\d+ 127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+ established$/m)
})
