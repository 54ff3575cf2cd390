import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import { captureTalk } from '../http2/testing/node-talk.ts'
import { StreamConnections, type StreamOwner } from './stream-connections.ts'
import { StreamFlag, type StreamRecord } from './stream-record.ts'

const SEED = 20_261_126
const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

/** A socket of a server, as the kernel's program tells of it. */
class Served {
  readonly #next = { sent: 0xffff_fff0, received: 7 }
  readonly #begun = new Set<string>()
  readonly connection: number
  atNs = 0

  constructor(connection = 1) {
    this.connection = connection
  }

  record(
    way: 'sent' | 'received',
    text: string | Uint8Array,
    over: Partial<StreamRecord> = {},
  ): StreamRecord {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
    const flags = (way === 'sent' ? StreamFlag.sent : 0) | (this.#begun.has(way) ? 0 : StreamFlag.fromStart)
    this.#begun.add(way)
    const offset = this.#next[way]
    const length = over.length ?? bytes.length
    this.#next[way] = ((over.offset ?? offset) + length) >>> 0
    return {
      connection: this.connection,
      cgroupId: 9,
      atNs: (this.atNs += 1000),
      offset,
      length,
      pid: 42,
      localAddress: '127.0.0.1',
      remoteAddress: '::1',
      localPort: 80,
      remotePort: 5000,
      flags,
      bytes,
      ...over,
    }
  }

  closed(): StreamRecord {
    return this.record('sent', '', { flags: StreamFlag.closed })
  }
}

function reader(connectionsMax?: number) {
  const told: string[] = []
  const owners: StreamOwner[] = []
  const connections = new StreamConnections(
    (owner, { method, path, status, end }) => {
      told.push(`${method} ${path} ${status ?? '-'} ${end}`)
      owners.push(owner)
    },
    { connectionsMax },
  )
  return {
    told,
    owners,
    connections,
    take: (...records: StreamRecord[]) => records.forEach((r) => connections.take(r)),
  }
}

describe('connections by the bytes of their sockets', () => {
  test('sequence numbers go over 2^32, and the first byte may come alone', () => {
    const { told, owners, take } = reader()
    const socket = new Served()
    take(socket.record('received', 'G'), socket.record('received', GET.slice(1)), socket.record('sent', OK))
    take(socket.record('received', GET), socket.record('sent', OK), socket.closed())
    assert.deepEqual(told, ['GET /a 200 complete', 'GET /a 200 complete'])
    assert.deepEqual([owners[0]!.side, owners[0]!.pid, owners[0]!.isTls], ['server', 42, false])
  })

  test('who sends the first request is the client', () => {
    const { owners, take } = reader()
    const socket = new Served()
    take(
      socket.record('sent', GET, { flags: StreamFlag.sent | StreamFlag.tls }),
      socket.record('received', OK),
    )
    assert.deepEqual([owners[0]!.side, owners[0]!.isTls], ['client', true])
  })

  test('what is told twice, as a call for which there was no room tells it, is read once', () => {
    const { told, take } = reader()
    const socket = new Served()
    take(socket.record('received', GET + GET))
    take(socket.record('sent', OK + OK))
    const again = (0xffff_fff0 + 10) >>> 0
    take(socket.record('sent', (OK + OK).slice(10), { offset: again, flags: StreamFlag.sent }))
    take(socket.record('received', GET), socket.record('sent', OK))
    assert.deepEqual(
      told,
      Array.from({ length: 3 }, () => 'GET /a 200 complete'),
    )
  })

  test('what was not copied of a body is known by its length', () => {
    const { told, take } = reader()
    const socket = new Served()
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n'
    take(socket.record('received', GET), socket.record('sent', head, { length: head.length + 100_000 }))
    take(socket.record('received', GET), socket.record('sent', OK))
    assert.deepEqual(told, ['GET /a 200 complete', 'GET /a 200 complete'])
  })

  test('bytes that never came are missing', () => {
    const { told, take, connections } = reader()
    const socket = new Served()
    take(socket.record('received', GET), socket.record('sent', OK.slice(0, 10), { length: 300 }))
    take(socket.record('received', GET), socket.record('sent', OK))
    assert.deepEqual(told, ['GET /a - unknown', 'GET /a 200 complete'])
    assert.equal(connections.counts().gaps, 1)
  })

  test('HTTP/2 in both roles, from its start', async () => {
    const captured = await captureTalk()
    for (const own of ['client', 'server'] as const) {
      const { told, owners, take } = reader()
      const socket = new Served()
      for (const { sender, bytes } of captured)
        take(socket.record(sender === own ? 'sent' : 'received', bytes))
      take(socket.closed())
      assert.ok(told.length > 0)
      assert.ok(told.some((line) => line.endsWith('200 complete')))
      assert.equal(owners[0]!.side, own)
    }
  })

  test('other protocols, and TLS, are nobody’s requests', () => {
    const { told, take, connections } = reader()
    for (const [index, first] of ['\x16\x03\x01\x02\x00\x01', 'SSH-2.0-x\r\n', '220 mail\r\n'].entries()) {
      const socket = new Served(index)
      take(
        socket.record('received', first),
        socket.record('received', GET),
        socket.record('sent', OK),
        socket.closed(),
      )
    }
    assert.deepEqual([told, connections.counts().seen], [[], 0])
  })

  test('the connection that was used last makes room; of a group that is given up all are', () => {
    const { told, take, connections } = reader(2)
    const sockets = [1, 2, 3].map((cookie) => new Served(cookie))
    for (const socket of sockets) take(socket.record('received', GET))
    assert.deepEqual([told, connections.counts().evicted], [['GET /a - unknown'], 1])
    connections.giveUp(({ cgroupId }) => cgroupId !== 9)
    assert.equal(told.length, 3)
    assert.equal(connections.counts().connections, 0)
  })

  test('any records: every exchange is told once, and counts add up', () => {
    const words = [
      GET,
      OK,
      GET.slice(0, 3),
      OK.slice(5),
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\0\0\0\x04\0\0\0\0\0',
      '\x16\x03',
      'HTTP/1.',
    ]
    const step = fc.record({
      way: fc.constantFrom<'sent' | 'received'>('sent', 'received'),
      text: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 })),
      more: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(100) }),
      offset: fc.oneof(
        { weight: 8, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.nat(0xffff_ffff) },
      ),
      socket: fc.nat(2),
      isClosed: fc.oneof(
        { weight: 20, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const told = new Set<HttpExchange>()
        let count = 0
        const connections = new StreamConnections(
          (_, exchange) => {
            told.add(exchange)
            count++
          },
          { connectionsMax: 2 },
        )
        const sockets = [new Served(0), new Served(1), new Served(2)]
        for (const { way, text, more, offset, socket, isClosed } of steps) {
          const served = sockets[socket]!
          const over = { length: text.length + more, ...(offset !== undefined && { offset }) }
          connections.take(isClosed ? served.closed() : served.record(way, text, over))
        }
        connections.giveUp(() => false)
        const { seen, open, overflow } = connections.counts()
        assert.equal(count, told.size)
        assert.deepEqual([seen, open, overflow], [count, 0, 0])
      }),
      { seed: SEED, numRuns: 2000 },
    )
  })
})
