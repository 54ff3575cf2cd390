import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import net from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NetNamespace } from './pass-plan.ts'
import { RecordFlag, RecordKind, TcpState } from './record.ts'
import { RecordLog, type SocketEntry } from './record-log.ts'
import type { KernelSource } from './kernel-source.ts'
import { openKernelSource } from './source.ts'

const OWN: NetNamespace = {
  inode: Number(statSync('/proc/self/ns/net', { bigint: true }).ino),
  path: '/proc/self/ns/net',
}

const skip = process.getuid?.() !== 0 && 'needs root to load BPF programs'

/** Polls until `found` gives something; fails after some seconds with what was told. */
async function until<T>(source: KernelSource, log: RecordLog, found: () => T | undefined): Promise<T> {
  const end = Date.now() + 20_000
  for (;;) {
    source.poll()
    const value = found()
    if (value !== undefined) return value
    if (Date.now() > end)
      assert.fail(`not told: ${String(found)}\n\n${log.sockets.slice(-30).map(line).join('\n')}`)
    await sleep(5)
  }
}

function line(entry: SocketEntry): string {
  return `${entry.kind} ${entry.cookie} ${entry.local}:${entry.localPort} ${entry.remote}:${entry.remotePort} ${entry.oldState}>${entry.newState} tgid ${entry.tgid} sent ${entry.bytesSent} received ${entry.bytesReceived} error ${entry.error} flags ${entry.flags}`
}

function lastState(log: RecordLog, localPort: number, remotePort: number): SocketEntry | undefined {
  return log.sockets.findLast(
    (entry) =>
      entry.kind === RecordKind.state &&
      entry.newState === TcpState.close &&
      entry.localPort === localPort &&
      entry.remotePort === remotePort,
  )
}

/** The record that tells the opening: its own, or the next one. */
function tellsOpening({ newState, opened }: SocketEntry): boolean {
  return newState === TcpState.synSent || opened !== 0n
}

/** Everything told of one end, by its cookie. */
function history(log: RecordLog, end: SocketEntry): SocketEntry[] {
  return log.sockets.filter(({ cookie }) => cookie === end.cookie)
}

async function listen(
  host: string,
  onSocket: (socket: net.Socket) => void,
  options: net.ServerOpts = {},
): Promise<net.Server> {
  const server = net
    .createServer({ allowHalfOpen: true, ...options }, (socket) => {
      socket.on('error', () => undefined)
      onSocket(socket.unref())
    })
    .unref()
  server.listen(0, host)
  await once(server, 'listening')
  return server
}

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port
}

interface Conversation {
  readonly name: string
  readonly host: string
  readonly dial?: string
  readonly expected: string
  readonly family: number
  readonly up: number
  readonly down: number
}

const CONVERSATIONS: readonly Conversation[] = [
  { name: 'IPv4', host: '127.0.0.1', expected: '127.0.0.1', family: 2, up: 60, down: 50 },
  { name: 'IPv6', host: '::1', expected: '::1', family: 10, up: 3, down: 100_000 },
  {
    name: 'IPv4 on an IPv6 socket',
    host: '::',
    dial: '127.0.0.1',
    expected: '127.0.0.1',
    family: 2,
    up: 200_000,
    down: 1,
  },
  {
    name: 'v4-mapped at both ends',
    host: '::',
    dial: '::ffff:127.0.0.1',
    expected: '127.0.0.1',
    family: 2,
    up: 7,
    down: 0,
  },
]

test('where the kernel refuses, its words are the reason', { skip }, () => {
  const script = `
    import { openKernelSource } from ${JSON.stringify(import.meta.resolve('./source.ts'))}
    const sink = { socket() {}, process() {} }
    try { openKernelSource(sink, { namespaces: [] }) } catch (error) { console.log(error.code, error.message) }`
  const without = ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs']
  const { stdout } = spawnSync(
    'setpriv',
    [...without, process.execPath, '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  )
  assert.match(stdout, /^permission .*EPERM/)
})

for (const buffer of ['ring', 'perf'] as const) {
  describe(`kernel source with ${buffer} buffers`, { skip }, () => {
    const log = new RecordLog()
    let source: KernelSource

    before(() => {
      source = openKernelSource(log, { crowd: Infinity, namespaces: [OWN], buffer })
    })
    after(() => source[Symbol.dispose]())

    test('every program is attached', () => {
      assert.deepEqual(source.report().failures, [])
      assert.equal(source.buffer, buffer)
    })

    for (const { name, host, dial, expected, family, up, down } of CONVERSATIONS) {
      test(`TCP: ${name}, told byte by byte at both ends`, async () => {
        const server = await listen(host, (socket) => {
          socket.resume()
          socket.on('end', () => socket.end(Buffer.alloc(down)))
        })
        const port = portOf(server)
        const client = net.connect({ port, host: dial ?? host, allowHalfOpen: true })
        await once(client, 'connect')
        const { localPort = 0 } = client
        client.resume()
        client.end(Buffer.alloc(up))
        await once(client, 'close')
        server.close()

        const closed = await until(source, log, () => lastState(log, localPort, port))
        const served = await until(source, log, () => lastState(log, port, localPort))
        assert.deepEqual([closed.local, closed.remote, closed.family], [expected, expected, family])
        assert.deepEqual([served.local, served.remote, served.family], [expected, expected, family])
        assert.equal(closed.netns, OWN.inode)
        assert.deepEqual([closed.bytesSent, closed.bytesReceived], [BigInt(up), BigInt(down)])
        assert.deepEqual([served.bytesSent, served.bytesReceived], [BigInt(down), BigInt(up)])
        assert.ok(closed.rttUs > 0)

        const opened = history(log, closed).find(tellsOpening)
        assert.ok(opened)
        assert.equal(opened.flags & RecordFlag.inProcess, RecordFlag.inProcess)
        assert.equal(opened.tgid, process.pid)
        assert.deepEqual([opened.remote, opened.remotePort], [expected, port])
        const accepted = history(log, served).find(
          ({ newState, established }) => newState === TcpState.established || established !== 0n,
        )
        assert.deepEqual([accepted?.localPort, accepted?.remotePort], [port, localPort])
        // The handshake ends in an interrupt, whichever process that came upon.
        if (accepted?.newState === TcpState.established) assert.equal(accepted.tgid, 0)
        const closer = history(log, served).find(({ tgid }) => tgid !== 0)
        assert.equal(closer?.tgid, process.pid)
      })
    }

    test('TCP: a listener comes and goes', async () => {
      const server = await listen('127.0.0.1', () => undefined)
      const port = portOf(server)
      server.close()
      const closed = await until(source, log, () =>
        log.sockets.find((entry) => entry.localPort === port && entry.oldState === TcpState.listen),
      )
      assert.equal(closed.tgid, process.pid)
      const opened = history(log, closed).find(({ newState }) => newState === TcpState.listen)
      assert.equal(opened?.localPort, port)
      assert.equal(opened?.tgid, process.pid)
    })

    test('TCP: refused', async () => {
      const server = await listen('127.0.0.1', () => undefined)
      const port = portOf(server)
      server.close()
      await once(server, 'close')
      const client = net.connect({ port, host: '127.0.0.1' })
      await once(client, 'error')
      const failed = await until(source, log, () =>
        log.sockets.find(
          (entry) =>
            entry.kind === RecordKind.state &&
            entry.oldState === TcpState.synSent &&
            entry.remotePort === port,
        ),
      )
      assert.equal(failed.newState, TcpState.close)
      assert.equal(failed.error, 111)
      assert.deepEqual([failed.bytesSent, failed.bytesReceived], [0n, 0n])
      const opened = history(log, failed).find(tellsOpening)
      assert.equal(opened?.tgid, process.pid)
    })

    test('TCP: a reset by linger 0 keeps the counts of both ends', async () => {
      const server = await listen('127.0.0.1', (socket) => {
        socket.on('data', () => socket.write(Buffer.alloc(40)))
      })
      const port = portOf(server)
      const client = net.connect({ port, host: '127.0.0.1' })
      await once(client, 'connect')
      const { localPort = 0 } = client
      client.write(Buffer.alloc(1000))
      await once(client, 'data')
      client.resetAndDestroy()
      const closed = await until(source, log, () => lastState(log, localPort, port))
      const served = await until(source, log, () => lastState(log, port, localPort))
      server.close()
      assert.deepEqual([closed.bytesSent, closed.bytesReceived], [1000n, 40n])
      assert.deepEqual([served.bytesSent, served.bytesReceived], [40n, 1000n])
      assert.equal(closed.tgid, process.pid)
      assert.equal(served.error, 104)
      const reset = await until(source, log, () =>
        history(log, served).find(({ flags }) => (flags & RecordFlag.resetReceived) !== 0),
      )
      assert.equal(reset.kind, RecordKind.reset)
      const destroyed = await until(source, log, () =>
        history(log, served).find(({ kind }) => kind === RecordKind.destroy),
      )
      assert.equal(destroyed.tgid, process.pid)
      assert.ok(history(log, closed).some(({ flags }) => (flags & RecordFlag.resetSent) !== 0))
    })

    test('TCP: half closed, and the answer comes afterwards', async () => {
      let accepted: net.Socket | undefined
      const server = await listen('127.0.0.1', (socket) => {
        socket.resume()
        accepted = socket
        socket.on('end', () => socket.write(Buffer.alloc(300)))
      })
      const port = portOf(server)
      const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).resume()
      await once(client, 'connect')
      const { localPort = 0 } = client
      client.end(Buffer.alloc(11))
      const half = await until(source, log, () => {
        source.sample([OWN])
        return log.sockets.findLast(
          (entry) =>
            entry.kind === RecordKind.sample &&
            entry.newState === TcpState.closeWait &&
            entry.bytesSent > 0n &&
            entry.localPort === port &&
            entry.remotePort === localPort,
        )
      })
      assert.deepEqual([half.bytesSent, half.bytesReceived], [300n, 11n])
      assert.equal(half.flags & RecordFlag.finReceived, RecordFlag.finReceived)
      accepted?.end(Buffer.alloc(5))
      await once(client, 'close')
      server.close()
      const closed = await until(source, log, () => lastState(log, localPort, port))
      const served = await until(source, log, () => lastState(log, port, localPort))
      assert.deepEqual([closed.bytesSent, closed.bytesReceived], [11n, 305n])
      assert.deepEqual([served.bytesSent, served.bytesReceived], [305n, 11n])
    })

    test('TCP: data unread at close', async () => {
      let accepted: net.Socket | undefined
      const server = await listen('127.0.0.1', (socket) => void (accepted = socket), { pauseOnConnect: true })
      const port = portOf(server)
      const client = net.connect({ port, host: '127.0.0.1' })
      client.on('error', () => undefined)
      await once(client, 'connect')
      const { localPort = 0 } = client
      client.write(Buffer.alloc(50_000))
      await sleep(30)
      accepted?.destroy()
      const served = await until(source, log, () => lastState(log, port, localPort))
      const closed = await until(source, log, () => lastState(log, localPort, port))
      server.close()
      client.destroy()
      assert.deepEqual([closed.bytesSent, closed.bytesReceived], [50_000n, 0n])
      assert.deepEqual([served.bytesSent, served.bytesReceived], [0n, 50_000n])
      assert.equal(served.tgid, process.pid)
    })

    test('TCP: a killed process, its connection and its name', async (t) => {
      const server = await listen('127.0.0.1', (socket) => socket.resume())
      const port = portOf(server)
      const child = spawn(process.execPath, [
        '-e',
        `require('net').connect(${port}, '127.0.0.1', function () { this.write(Buffer.alloc(333), () => process.stdout.write('sent')) })`,
      ])
      t.after(() => child.kill('SIGKILL'))
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await once(child, 'exit')
      const opened = await until(source, log, () =>
        log.sockets.find((entry) => tellsOpening(entry) && entry.remotePort === port),
      )
      assert.equal(opened.tgid, child.pid)
      const sent = await until(source, log, () =>
        history(log, opened).find(
          ({ newState }) => newState === TcpState.finWait1 || newState === TcpState.close,
        ),
      )
      assert.equal(sent.bytesSent, 333n)
      assert.equal(sent.tgid, child.pid)
      const exit = await until(source, log, () =>
        log.processes.find(({ kind, tgid }) => kind === RecordKind.exit && tgid === child.pid),
      )
      assert.equal(exit.exitCode, 9)
      assert.equal(exit.start, opened.start)
      const exec = log.processes.find(({ kind, tgid }) => kind === RecordKind.exec && tgid === child.pid)
      assert.equal(exec?.filename, process.execPath)
      assert.equal(exec?.argv[1], '-e')
      assert.ok((exec?.argvTotal ?? 0) > 100)
      assert.equal(exec?.parentTgid, process.pid)
      server.close()
    })

    test('processes that live for less than a millisecond are named', async () => {
      const pids: number[] = []
      for (let i = 0; i < 20; i++) {
        const { pid, status } = spawnSync('/bin/true', ['short', String(i)])
        assert.equal(status, 0)
        pids.push(pid)
      }
      for (const [i, pid] of pids.entries()) {
        const exec = await until(source, log, () =>
          log.processes.find(({ kind, tgid }) => kind === RecordKind.exec && tgid === pid),
        )
        assert.equal(exec.filename, '/bin/true')
        assert.deepEqual(exec.argv, ['/bin/true', 'short', String(i)])
        assert.equal(exec.comm, 'true')
        const told = log.processes.filter(({ tgid }) => tgid === pid)
        assert.deepEqual(
          told.map(({ kind }) => kind),
          [RecordKind.fork, RecordKind.exec, RecordKind.exit],
        )
        assert.equal(new Set(told.map(({ start }) => start)).size, 1)
        assert.ok(told.every(({ parentTgid, netns }) => parentTgid === process.pid && netns === OWN.inode))
      }
    })

    test('nothing was lost', () => {
      const [stage] = source.stages()
      assert.ok(stage && stage.kept > 0)
      assert.equal(stage.seen, stage.kept)
    })
  })
}
