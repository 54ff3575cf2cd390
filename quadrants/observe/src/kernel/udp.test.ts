import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import net from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallProbe } from './lengths.ts'
import { RecordFlag, RecordKind } from './record.ts'
import { RecordLog, type SocketEntry } from './record-log.ts'
import type { KernelSource } from './kernel-source.ts'
import { openKernelSource } from './source.ts'

const OWN = {
  inode: Number(statSync('/proc/self/ns/net', { bigint: true }).ino),
  path: '/proc/self/ns/net',
}

const skip = process.getuid?.() !== 0 && 'needs root to load BPF programs'

async function bind(type: dgram.SocketType, host: string): Promise<dgram.Socket> {
  const socket = dgram.createSocket({ type })
  socket.unref()
  socket.bind(0, host)
  await once(socket, 'listening')
  return socket
}

/** Sends datagrams of these sizes and waits until the other end has them all. */
async function send(
  from: dgram.Socket,
  to: dgram.Socket,
  host: string,
  sizes: readonly number[],
): Promise<void> {
  let waiting = sizes.length
  const all = new Promise<void>((resolve) => {
    to.on('message', () => {
      waiting -= 1
      if (waiting === 0) resolve()
    })
  })
  for (const size of sizes) from.send(Buffer.alloc(size), to.address().port, host)
  await all
  to.removeAllListeners('message')
}

function sum(sizes: readonly number[]): bigint {
  return BigInt(sizes.reduce((a, b) => a + b, 0))
}

/** The last record of the edge between two ports, at the first one's end. */
function edge(log: RecordLog, localPort: number, remotePort: number): SocketEntry | undefined {
  return log.sockets.findLast(
    (entry) =>
      entry.kind === RecordKind.udpPeer && entry.localPort === localPort && entry.remotePort === remotePort,
  )
}

interface Pair {
  readonly name: string
  readonly type: dgram.SocketType
  readonly host: string
  readonly dial: string
  readonly told: string
  readonly family: number
}

const PAIRS: readonly Pair[] = [
  { name: 'IPv4', type: 'udp4', host: '127.0.0.1', dial: '127.0.0.1', told: '127.0.0.1', family: 2 },
  { name: 'IPv6', type: 'udp6', host: '::1', dial: '::1', told: '::1', family: 10 },
  {
    name: 'IPv4 on IPv6 sockets',
    type: 'udp6',
    host: '::',
    dial: '::ffff:127.0.0.1',
    told: '127.0.0.1',
    family: 2,
  },
]

for (const buffer of ['ring', 'perf'] as const) {
  describe(`UDP edges by the cgroup hooks, with ${buffer} buffers`, { skip }, () => {
    const log = new RecordLog()
    let source: KernelSource

    before(() => {
      source = openKernelSource(log, { crowd: Infinity, namespaces: [OWN], buffer })
    })
    after(() => source[Symbol.dispose]())

    for (const { name, type, host, dial, told, family } of PAIRS) {
      test(`${name}: messages are counted at both ends, bytes are said to be unknown`, async () => {
        const server = await bind(type, host)
        const client = await bind(type, host)
        const [serverPort, clientPort] = [server.address().port, client.address().port]
        await send(client, server, dial, [10, 20, 30])
        await send(server, client, dial, [5])
        source.sample([OWN])
        const asked = edge(log, clientPort, serverPort)
        const answered = edge(log, serverPort, clientPort)
        assert.ok(asked && answered)
        assert.deepEqual([asked.remote, asked.family, asked.netns], [told, family, OWN.inode])
        assert.deepEqual([answered.remote, answered.family], [told, family])
        assert.deepEqual([asked.segmentsOut, asked.segmentsIn], [3, 1])
        assert.deepEqual([answered.segmentsOut, answered.segmentsIn], [1, 3])
        assert.equal(asked.flags & RecordFlag.initiator, RecordFlag.initiator)
        assert.equal(answered.flags & RecordFlag.initiator, 0)
        assert.equal(asked.flags & RecordFlag.bytesUnknown, RecordFlag.bytesUnknown)
        assert.equal(asked.flags & RecordFlag.messagesUnknown, 0)
        assert.equal(asked.tgid, process.pid)

        // Both sockets are rows of the pass as well, under the same cookies.
        const row = log.sockets.findLast(
          ({ kind, cookie }) => kind === RecordKind.sample && cookie === answered.cookie,
        )
        assert.equal(row?.localPort, serverPort)

        const before = log.sockets.length
        source.sample([OWN])
        assert.equal(
          log.sockets
            .slice(before)
            .filter(({ kind, cookie }) => kind === RecordKind.udpPeer && cookie === asked.cookie).length <= 1,
          true,
        )

        client.close()
        server.close()
        await sleep(10)
        source.poll()
        source.sample([OWN])
        const last = edge(log, clientPort, serverPort)
        assert.ok(last && (last.flags & RecordFlag.forgotten) !== 0)
        assert.deepEqual([last.segmentsOut, last.segmentsIn], [3, 1])
        const closed = log.sockets.findLast(
          ({ kind, cookie }) => kind === RecordKind.udpClose && cookie === asked.cookie,
        )
        assert.equal(closed?.tgid, process.pid)
        assert.equal(closed?.localPort, clientPort)
      })
    }

    test('a connected socket is an edge whose messages are said to be unknown', async () => {
      const server = await bind('udp4', '127.0.0.1')
      const client = dgram.createSocket('udp4')
      client.connect(server.address().port, '127.0.0.1')
      await once(client, 'connect')
      const { port } = client.address()
      client.send(Buffer.alloc(8))
      await once(server, 'message')
      source.sample([OWN])
      const made = log.sockets.findLast(
        ({ kind, remotePort }) => kind === RecordKind.udpPeer && remotePort === server.address().port,
      )
      assert.ok(made)
      assert.equal(made.flags & RecordFlag.messagesUnknown, RecordFlag.messagesUnknown)
      const row = log.sockets.findLast(
        ({ kind, cookie }) => kind === RecordKind.sample && cookie === made.cookie,
      )
      assert.deepEqual([row?.localPort, row?.remotePort, row?.newState], [port, server.address().port, 1])
      client.close()
      server.close()
    })

    test('a full table counts what it could not hold', async () => {
      const small = new RecordLog()
      using other = openKernelSource(small, { crowd: Infinity, namespaces: [], udpPeersMax: 4 })
      const server = await bind('udp4', '127.0.0.1')
      const clients = await Promise.all(Array.from({ length: 40 }, () => bind('udp4', '127.0.0.1')))
      for (const client of clients) await send(client, server, '127.0.0.1', [1])
      other.sample([])
      const dropped = other.drops().find(({ stage }) => stage === 'kernel.map.udp')?.count ?? 0
      const kept = small.sockets
        .filter(({ kind }) => kind === RecordKind.udpPeer)
        .reduce((total, { segmentsIn, segmentsOut }) => total + segmentsIn + segmentsOut, 0)
      assert.ok(dropped + kept >= 80, `${dropped} + ${kept}`)
      assert.ok(dropped > 0)
      for (const client of clients) client.close()
      server.close()
    })
  })
}

/** Why the host refuses probes of that kind, or false. */
function refusal(callProbe: CallProbe): string | false {
  if (skip) return skip
  using source = openKernelSource(new RecordLog(), { namespaces: [], callProbe })
  try {
    source.configure({ udpBytes: true, messageTargets: [] })
    return false
  } catch (error) {
    return `the host refuses programs at ${callProbe}: ${(error as Error).message.split('\n', 1)[0]}`
  }
}

for (const [callProbe, buffer] of [
  ['functions', 'ring'],
  ['functions', 'perf'],
  ['tracepoints', 'ring'],
  ['tracepoints', 'perf'],
] as const) {
  describe(`calls by ${callProbe}, with ${buffer} buffers`, { skip: refusal(callProbe) }, () => {
    const log = new RecordLog()
    let source: KernelSource

    before(() => {
      source = openKernelSource(log, { crowd: Infinity, namespaces: [OWN], callProbe, buffer })
    })
    after(() => source[Symbol.dispose]())

    test('with bytes on, every byte and datagram is counted, connected or not', async () => {
      source.configure({ udpBytes: true, messageTargets: [] })
      const sizes = [0, 1, 1400, 9000, 333]
      for (const { type, host, dial } of PAIRS) {
        const server = await bind(type, host)
        const client = await bind(type, host)
        const [serverPort, clientPort] = [server.address().port, client.address().port]
        await send(client, server, dial, sizes)
        await send(server, client, dial, [77, 1])
        source.sample([OWN])
        const asked = edge(log, clientPort, serverPort)
        const answered = edge(log, serverPort, clientPort)
        assert.ok(asked && answered)
        assert.deepEqual([asked.bytesSent, asked.bytesReceived], [sum(sizes), 78n])
        assert.deepEqual([asked.segmentsOut, asked.segmentsIn], [5, 2])
        assert.deepEqual([answered.bytesSent, answered.bytesReceived], [78n, sum(sizes)])
        assert.deepEqual([answered.segmentsOut, answered.segmentsIn], [2, 5])
        assert.equal(asked.flags & (RecordFlag.bytesUnknown | RecordFlag.messagesUnknown), 0)
        client.close()
        server.close()
      }
      const server = await bind('udp4', '127.0.0.1')
      const client = dgram.createSocket('udp4')
      client.connect(server.address().port, '127.0.0.1')
      await once(client, 'connect')
      const { port } = client.address()
      client.send(Buffer.alloc(12))
      const [, from] = (await once(server, 'message')) as [Buffer, dgram.RemoteInfo]
      server.send(Buffer.alloc(500), from.port, from.address)
      await once(client, 'message')
      source.sample([OWN])
      const asked = edge(log, port, server.address().port)
      assert.ok(asked)
      assert.deepEqual(
        [asked.bytesSent, asked.bytesReceived, asked.segmentsOut, asked.segmentsIn],
        [12n, 500n, 1, 1],
      )
      assert.equal(asked.flags & RecordFlag.messagesUnknown, 0)
      client.close()
      server.close()
      source.configure({ udpBytes: false, messageTargets: [] })
      assert.ok(!source.report().programs.some(({ name }) => /send_length|exit_udp/.test(name)))
    })

    test('targets over the limit are counted, each once, and the table is empty afterwards', () => {
      const targets = () =>
        source.drops().find(({ stage, reason }) => /targets table full/.test(`${stage} ${reason}`))
      // No process of any machine has such a pid: the kernel's limit is 2^22.
      const pids = Array.from({ length: 1030 }, (_, i) => 0x10000000 + i)
      for (let i = 0; i < 2; i++) source.configure({ udpBytes: false, messageTargets: pids })
      assert.equal(targets()?.count, 6)
      source.configure({ udpBytes: false, messageTargets: [] })
      source.configure({ udpBytes: false, messageTargets: pids.slice(0, 1024) })
      assert.equal(targets()?.count, 6)
      source.addMessageTarget(0x20000000)
      source.addMessageTarget(0x20000000)
      assert.equal(targets()?.count, 7)
      source.configure({ udpBytes: false, messageTargets: [] })
    })

    test('what executes is told until it is refused, and a late refusal spares what it executed since', async () => {
      const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as net.AddressInfo
      source.configure({ udpBytes: false, messageTargets: [], newTargets: true })
      for (const [refused, sends] of [
        [undefined, 1],
        [0, 1],
        [1, 0],
      ] as const) {
        // Two execs: env's, and the shell's.
        const code = `read _; exec 3<>/dev/tcp/127.0.0.1/${port}; echo x >&3`
        const child = spawn('env', ['bash', '-c', code], { stdio: ['pipe', 'ignore', 'inherit'] })
        const execs = () =>
          log.processes.filter(({ kind, tgid }) => kind === RecordKind.exec && tgid === child.pid)
        for (let i = 0; i < 500 && execs().length < 2; i++) {
          await sleep(10)
          source.poll()
        }
        assert.equal(execs().length, 2)
        if (refused !== undefined) source.refuseMessageTarget(child.pid!, Number(execs()[refused]!.ts))
        child.stdin.end('go\n')
        await once(child, 'exit')
        source.poll()
        const told = log.sockets.filter(
          ({ kind, tgid, remotePort }) =>
            kind === RecordKind.send && tgid === child.pid && remotePort === port,
        )
        assert.equal(told.length, sends)
      }
      source.configure({ udpBytes: false, messageTargets: [] })
      server.close()
    })

    test('message mode tells each call of the chosen process, and of no other', async () => {
      source.configure({ udpBytes: false, messageTargets: [process.pid] })
      const begin = log.sockets.length
      const udp = await bind('udp4', '127.0.0.1')
      const client = await bind('udp4', '127.0.0.1')
      await send(client, udp, '127.0.0.1', [10, 200])
      const server = net.createServer(
        (socket) => void socket.unref().on('data', () => socket.end(Buffer.alloc(70))),
      )
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as net.AddressInfo
      const tcp = net.connect(port, '127.0.0.1')
      tcp.write(Buffer.alloc(30))
      tcp.resume()
      await once(tcp, 'close')
      source.poll()
      source.configure({ udpBytes: false, messageTargets: [] })
      const told = log.sockets
        .slice(begin)
        .filter(({ kind }) => kind === RecordKind.send || kind === RecordKind.receive)
      assert.ok(told.every(({ tgid }) => tgid === process.pid))
      const calls = (kind: number, localPort: number, remotePort: number): bigint[] =>
        told
          .filter(
            (entry) =>
              entry.kind === kind &&
              (entry.localPort === localPort || localPort === 0) &&
              entry.remotePort === remotePort &&
              entry.error === 0,
          )
          .map(({ bytesSent, bytesReceived }) => bytesSent + bytesReceived)
      const [udpPort, clientPort] = [udp.address().port, client.address().port]
      assert.deepEqual(calls(RecordKind.send, clientPort, udpPort), [10n, 200n])
      assert.deepEqual(calls(RecordKind.receive, udpPort, clientPort), [10n, 200n])
      assert.deepEqual(calls(RecordKind.send, 0, port), [30n])
      assert.ok(calls(RecordKind.receive, 0, port).includes(70n))
      udp.close()
      client.close()
      server.close()
    })
  })
}
