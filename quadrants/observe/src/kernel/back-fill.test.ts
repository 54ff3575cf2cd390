import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import net from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NetNamespace } from './pass-plan.ts'
import { Protocol, RecordKind, TcpState } from './record.ts'
import { RecordLog, type SocketEntry } from './record-log.ts'
import { openKernelSource } from './source.ts'

const OWN = namespaceAt('/proc/self/ns/net')

const skip = process.getuid?.() !== 0 && 'needs root to load BPF programs'
const noIp = skip || (spawnSync('ip', ['-V']).status !== 0 && 'needs iproute2')
const noBpftool = skip || (spawnSync('bpftool', ['version']).status !== 0 && 'needs bpftool')

function namespaceAt(path: string): NetNamespace {
  return { inode: Number(statSync(path, { bigint: true }).ino), path }
}

async function connect(
  host: string,
): Promise<{ server: net.Server; client: net.Socket; served: net.Socket }> {
  const server = net.createServer().unref()
  server.listen(0, host)
  await once(server, 'listening')
  const client = net.connect((server.address() as net.AddressInfo).port, host)
  const [served] = (await once(server, 'connection')) as [net.Socket]
  if (client.connecting) await once(client, 'connect')
  return { server, client, served }
}

function rows(log: RecordLog, kind: number, localPort: number, remotePort: number): SocketEntry[] {
  return log.sockets.filter(
    (entry) => entry.kind === kind && entry.localPort === localPort && entry.remotePort === remotePort,
  )
}

describe('what was there before the source', { skip }, () => {
  test('is told with its counters and its process', async () => {
    const { server, client, served } = await connect('127.0.0.1')
    client.write(Buffer.alloc(4321))
    await once(served, 'data')
    served.write(Buffer.alloc(21))
    await once(client, 'data')
    const { localPort = 0, remotePort = 0 } = client

    const log = new RecordLog()
    using source = openKernelSource(log, { crowd: Infinity, namespaces: [OWN] })
    const [sample] = rows(log, RecordKind.sample, localPort, remotePort)
    const [other] = rows(log, RecordKind.sample, remotePort, localPort)
    const [listener] = rows(log, RecordKind.sample, remotePort, 0)
    assert.ok(sample && other && listener)
    assert.deepEqual([sample.bytesSent, sample.bytesReceived], [4321n, 21n])
    assert.deepEqual([other.bytesSent, other.bytesReceived], [21n, 4321n])
    assert.equal(sample.newState, TcpState.established)
    assert.equal(listener.newState, TcpState.listen)
    assert.ok(sample.segmentsOut > 0 && sample.segmentsIn > 0)
    for (const entry of [sample, other, listener]) {
      const owner = log.sockets.find(
        ({ kind, cookie }) => kind === RecordKind.owner && cookie === entry.cookie,
      )
      assert.equal(owner?.tgid, process.pid)
      assert.equal(owner?.bytesSent, entry.bytesSent)
      assert.equal(owner?.comm, readFileSync('/proc/self/comm', 'utf8').trim())
    }

    client.write(Buffer.alloc(79))
    await once(served, 'data')
    source.sample([OWN])
    assert.equal(rows(log, RecordKind.sample, localPort, remotePort).at(-1)?.bytesSent, 4400n)
    client.destroy()
    await once(served, 'close')
    server.close()
    await sleep(10)
    source.poll()
    const closed = log.sockets.findLast(
      ({ kind, cookie, newState }) =>
        kind === RecordKind.state && cookie === sample.cookie && newState === TcpState.close,
    )
    assert.equal(closed?.bytesSent, 4400n)
  })

  test('comes between a begin and an end for each namespace and protocol', () => {
    const log = new RecordLog()
    using source = openKernelSource(log, { crowd: Infinity, completeTicks: 1, namespaces: [OWN] })
    const marks = (): unknown[] =>
      log.sockets
        .filter(({ kind }) => kind === RecordKind.passBegin || kind === RecordKind.passEnd)
        .map(({ kind, netns, protocol }) => [kind, netns, protocol])
    const pass = [Protocol.tcp, Protocol.udp].flatMap((protocol) => [
      [RecordKind.passBegin, OWN.inode, protocol],
      [RecordKind.passEnd, OWN.inode, protocol],
    ])
    assert.deepEqual(marks(), pass)
    const { passCount, owners } = source.sample([OWN, { inode: 1, path: '/proc/0/ns/net' }])
    assert.deepEqual([passCount, owners], [1, false])
    assert.ok(marks().length >= 2 * pass.length)
  })
})

describe('passes over a namespace', { skip }, () => {
  test('tell what has news, and now and then all', async () => {
    const log = new RecordLog()
    using source = openKernelSource(log, { crowd: Infinity, completeTicks: 3, namespaces: [OWN] })
    const { server, client, served } = await connect('127.0.0.1')
    const { localPort = 0, remotePort = 0 } = client
    const told = (): readonly number[] => {
      const begin = log.sockets.length
      source.sample([OWN])
      const ends = log.sockets.slice(begin).filter(({ kind }) => kind === RecordKind.sample)
      return [
        ends.filter((end) => end.localPort === localPort && end.remotePort === remotePort).length,
        ends.filter((end) => end.localPort === remotePort && end.remotePort === localPort).length,
      ]
    }
    // Acknowledgements that are late are news as well.
    assert.deepEqual(told(), [1, 1])
    await sleep(100)
    told()
    assert.deepEqual(told(), [1, 1], 'a complete pass')
    assert.deepEqual(told(), [0, 0])
    client.write('x')
    await once(served, 'data')
    assert.deepEqual(told(), [1, 1])
    const sent = rows(log, RecordKind.sample, localPort, remotePort).at(-1)?.bytesSent
    assert.equal(sent, 1n)
    client.destroy()
    server.close()
  })
})

/** A process in a namespace that prints a line when it is ready and then its results. */
function inNamespace(name: string, script: string): ChildProcess {
  return spawn('ip', ['netns', 'exec', name, process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer]
  return chunk.toString().trim()
}

describe('network namespaces', { skip: noIp }, () => {
  const names = [`qk${process.pid}a`, `qk${process.pid}b`] as const
  const ip = (...args: string[]): void => {
    const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
    assert.equal(status, 0, `ip ${args.join(' ')}: ${stderr}`)
  }

  test('a connection between two is told at both ends, with each end its own namespace', async (t) => {
    t.after(() => {
      for (const name of names) spawnSync('ip', ['netns', 'del', name])
    })
    for (const name of names) ip('netns', 'add', name)
    ip(
      'link',
      'add',
      `${names[0]}v`,
      'netns',
      names[0],
      'type',
      'veth',
      'peer',
      'name',
      `${names[1]}v`,
      'netns',
      names[1],
    )
    for (const [i, name] of names.entries()) {
      ip('-n', name, 'addr', 'add', `10.123.45.${i + 1}/24`, 'dev', `${name}v`)
      ip('-n', name, 'addr', 'add', `fd00:7::${i + 1}/64`, 'dev', `${name}v`, 'nodad')
      ip('-n', name, 'link', 'set', `${name}v`, 'up')
    }
    const [a, b] = names.map((name) => namespaceAt(`/run/netns/${name}`)) as [NetNamespace, NetNamespace]
    const log = new RecordLog()
    using source = openKernelSource(log, { crowd: Infinity, namespaces: [OWN, a, b] })

    const server = inNamespace(
      names[1],
      `require('net').createServer({ allowHalfOpen: true }, (s) => s.resume().on('end', () => setTimeout(() => s.end(Buffer.alloc(9000)), 100))).listen(7777, '::', () => console.log('up'))`,
    )
    t.after(() => server.kill())
    await firstLine(server)
    for (const [host, local] of [
      ['10.123.45.2', '10.123.45.1'],
      ['fd00:7::2', 'fd00:7::1'],
    ] as const) {
      const client = inNamespace(
        names[0],
        `const s = require('net').connect({ port: 7777, host: '${host}', allowHalfOpen: true }, () => { process.stdout.write(String(s.localPort)); s.end(Buffer.alloc(123456)) }).resume()`,
      )
      const port = Number(await firstLine(client))
      await sleep(30)
      source.poll()
      source.sample([OWN, a, b])
      await once(client, 'exit')
      await sleep(20)
      source.poll()

      const live = rows(log, RecordKind.sample, port, 7777).at(-1)
      assert.equal(live?.netns, a.inode)
      assert.equal(rows(log, RecordKind.sample, 7777, port).at(-1)?.netns, b.inode)
      const close = (from: number, to: number): SocketEntry | undefined =>
        rows(log, RecordKind.state, from, to).find(({ newState }) => newState === TcpState.close)
      const near = close(port, 7777)
      const far = close(7777, port)
      assert.ok(near && far)
      assert.deepEqual(
        [near.netns, near.local, near.remote, near.bytesSent, near.bytesReceived],
        [a.inode, local, host, 123456n, 9000n],
      )
      assert.deepEqual(
        [far.netns, far.local, far.remote, far.bytesSent, far.bytesReceived],
        [b.inode, host, local, 9000n, 123456n],
      )
      const opened = log.sockets.find(({ cookie, opened }) => cookie === near.cookie && opened !== 0n)
      assert.equal(opened?.tgid, client.pid)
    }

    // Too many to walk each: open files stand in, with the same counters.
    using few = openKernelSource(log, { crowd: Infinity, namespaces: [], passesMax: 1 })
    const client = inNamespace(
      names[0],
      `const s = require('net').connect(7777, '10.123.45.2', () => { s.write(Buffer.alloc(55), () => process.stdout.write(String(s.localPort))) })`,
    )
    const port = Number(await firstLine(client))
    await sleep(20)
    const begin = log.sockets.length
    const { owners, passCount } = few.sample([OWN, a, b])
    assert.deepEqual([owners, passCount], [true, 1])
    const told = log.sockets
      .slice(begin)
      .find((entry) => entry.kind === RecordKind.owner && entry.localPort === port)
    assert.deepEqual([told?.tgid, told?.bytesSent, told?.netns], [client.pid, 55n, a.inode])
    client.kill()
    await once(client, 'exit')
  })
})

describe('losses', { skip }, () => {
  test('what does not fit the ring is counted, one by one', async () => {
    const whole = new RecordLog()
    using large = openKernelSource(whole, { crowd: Infinity, namespaces: [] })
    const part = new RecordLog()
    using small = openKernelSource(part, { crowd: Infinity, namespaces: [], ringBytes: 4096 })
    const server = net.createServer(
      (socket) =>
        void socket
          .on('error', () => undefined)
          .resume()
          .end(),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    for (let i = 0; i < 100; i++) {
      const client = net.connect(port, '127.0.0.1').resume()
      await once(client, 'close')
      // The rest of the machine may be busy too.
      large.poll()
    }
    server.close()
    await sleep(20)
    small.poll()
    large.poll()

    const ours = (log: RecordLog): number =>
      log.sockets.filter(({ localPort, remotePort }) => localPort === port || remotePort === port).length
    const missing = ours(whole) - ours(part)
    const dropped = small.drops().reduce((total, { count }) => total + count, 0)
    const others = whole.sockets.length - ours(whole) + whole.processes.length
    assert.equal(
      large.drops().reduce((total, { count }) => total + count, 0),
      0,
    )
    assert.ok(missing > 150, `${missing} are missing`)
    assert.ok(
      dropped >= missing && dropped <= missing + others,
      `${dropped} dropped, ${missing} missing, ${others} of others`,
    )
    const [stage] = small.stages()
    assert.ok(stage)
    const events = part.sockets.filter(({ kind }) => kind !== RecordKind.owner)
    assert.equal(stage.kept, events.length + part.processes.length)
    assert.ok(stage.seen >= stage.kept + dropped)
  })
})

describe('what waits in the kernel', { skip }, () => {
  test('is told by the next pass with the time that it began, once', async () => {
    const log = new RecordLog()
    using source = openKernelSource(log, { crowd: Infinity, completeTicks: 1, namespaces: [OWN] })
    const before = process.hrtime.bigint()
    const { server, client } = await connect('127.0.0.1')
    const between = process.hrtime.bigint()
    const { localPort = 0, remotePort = 0 } = client
    source.sample([OWN])
    const [near] = rows(log, RecordKind.sample, localPort, remotePort)
    const [far] = rows(log, RecordKind.sample, remotePort, localPort)
    assert.ok(near && far)
    assert.ok(before < near.opened && near.opened < near.established && near.established < between)
    assert.deepEqual([near.tgid, near.comm], [process.pid, readFileSync('/proc/self/comm', 'utf8').trim()])
    assert.ok(near.opened < far.established && far.established < between)
    assert.deepEqual([far.opened, far.tgid], [0n, 0])

    source.sample([OWN])
    const again = rows(log, RecordKind.sample, localPort, remotePort).at(-1)
    assert.deepEqual([again?.opened, again?.established, again?.tgid], [0n, 0n, 0])
    client.destroy()
    server.close()
  })

  test('is told state by state where more begins than there is room for', async (t) => {
    const log = new RecordLog()
    using source = openKernelSource(log, { crowd: Infinity, namespaces: [], transitPlaces: 16 })
    const server = net.createServer((socket) => void socket.on('error', () => undefined)).unref()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const clients: net.Socket[] = []
    t.after(() => {
      for (const client of clients) client.destroy()
      server.close()
    })
    const COUNT = 100
    for (let i = 0; i < COUNT; i++) {
      const client = net.connect(port, '127.0.0.1')
      clients.push(client)
      await once(client, 'connect')
    }
    source.poll()
    const states = log.sockets.filter(
      ({ kind, remotePort }) => kind === RecordKind.state && remotePort === port,
    )
    assert.ok(states.some(({ newState }) => newState === TcpState.synSent))
    assert.ok(states.some(({ newState }) => newState === TcpState.established))
    source.sample([OWN])
    const named = new Set(
      log.sockets
        .filter(({ remotePort, tgid }) => remotePort === port && tgid === process.pid)
        .map(({ cookie }) => cookie),
    )
    assert.equal(named.size, COUNT)
    assert.ok(
      log.sockets.some(({ kind, newState }) => kind === RecordKind.state && newState === TcpState.synSent),
    )
  })
})

describe('the end', { skip: noBpftool }, () => {
  test('leaves no program and no link in the kernel', async () => {
    const list = (kind: string): Array<{ id: number; prog_id?: number }> =>
      JSON.parse(spawnSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8' }).stdout || '[]')
    const source = openKernelSource(new RecordLog(), { namespaces: [OWN] })
    source.configure({ udpBytes: true, messageTargets: [process.pid] })
    const { programs } = source.report()
    const ids = new Set(programs.map(({ id }) => id))
    assert.ok(ids.size >= 19, `${ids.size} programs`)
    assert.ok(list('prog').filter(({ id }) => ids.has(id)).length === ids.size)
    assert.ok(list('link').filter(({ prog_id }) => ids.has(prog_id ?? 0)).length === ids.size)
    source[Symbol.dispose]()
    // The kernel frees programs after a grace period.
    const end = Date.now() + 5000
    while (list('prog').some(({ id }) => ids.has(id)) && Date.now() < end) await sleep(20)
    assert.deepEqual(
      list('prog').filter(({ id }) => ids.has(id)),
      [],
    )
    assert.deepEqual(
      list('link').filter(({ prog_id }) => ids.has(prog_id ?? 0)),
      [],
    )
  })
})
