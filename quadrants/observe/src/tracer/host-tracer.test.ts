// Both sources on this very machine: connections that the test makes itself must come out as it made them.
import { create } from '@bufbuild/protobuf'
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FlowEvent, InstructionSchema, Role, type Batch, type Instruction } from '@quadrant/proto'
import type { HostTracer, HostTracerOptions } from './host-tracer.ts'
import { openHostTracer } from './open-host-tracer.ts'

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** Whatever else this machine does must not push our rows over a cap. */
const limits = { connections: 262_144, edges: 65_536, addresses: 65_536, flowsPerSecond: 200_000 }

/** The tracer, or why there is none here. */
function open(options: Partial<HostTracerOptions>): HostTracer | string {
  try {
    return openHostTracer({ host: 'test', bootId, limits, ...options })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function listen(host: string): Promise<{ server: Server; port: number; sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket
      .on('data', (data) => socket.write(data))
      .on('end', () => socket.end())
      .on('error', () => undefined)
  })
  server.listen(0, host)
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, sockets }
}

async function exchange(host: string, port: number, bytes: number): Promise<void> {
  const socket = connect(port, host)
  socket.write(Buffer.alloc(bytes))
  let received = 0
  for await (const data of socket) {
    received += (data as Buffer).length
    if (received === bytes) socket.end()
  }
}

/** The sums of the edges to a port, over batches. */
function sumsTo(batches: readonly Batch[], port: number) {
  const sums = {
    opened: 0,
    closed: 0,
    failed: 0,
    bytesToServer: 0,
    bytesToClient: 0,
    edges: new Set<string>(),
  }
  for (const batch of batches)
    for (const edge of batch.edges) {
      if (edge.serverPort !== port) continue
      sums.opened += edge.opened
      sums.closed += edge.closed
      sums.failed += edge.failed
      sums.bytesToServer += edge.bytesToServer
      sums.bytesToClient += edge.bytesToClient
      const end = (index: number) => String(batch.endpoints[index]?.kind.value)
      sums.edges.add(`${end(edge.client)} > ${end(edge.server)}`)
    }
  return sums
}

async function ticks(tracer: HostTracer, count: number): Promise<Batch[]> {
  const batches: Batch[] = []
  for (let i = 0; i < count; i++) {
    await sleep(350)
    tracer.poll()
    batches.push(tracer.tick().batch)
  }
  return batches
}

test('the kernel tells each connection of this process, its bytes and both ends', async (t) => {
  const opened = open({ source: 'ebpf' })
  if (typeof opened === 'string') return t.skip(opened)
  using tracer = opened
  for (const host of ['127.0.0.1', '::1']) {
    const { server, port } = await listen(host)
    for (let i = 0; i < 20; i++) await exchange(host, port, 1000)
    server.close()
    const batches = await ticks(tracer, 2)
    const { edges, ...sums } = sumsTo(batches, port)
    assert.deepEqual(sums, {
      opened: 20,
      closed: 20,
      failed: 0,
      bytesToServer: 20_000,
      bytesToClient: 20_000,
    })
    assert.equal(edges.size, 1)
    assert.match([...edges][0]!, new RegExp(`^${process.pid}@\\d+ > ${process.pid}@\\d+$`))
    const own = batches.flatMap((batch) => batch.processes).find(({ pid }) => pid === process.pid)
    if (host === '127.0.0.1') assert.equal(own?.exe, process.execPath)
    const flows = batches.map(({ flows }) => flows!)
    const count = (event: number) =>
      flows.reduce(
        (sum, rows) =>
          sum +
          rows.event.filter(
            (kind, i) => kind === event && [rows.localPort[i], rows.remotePort[i]].includes(port),
          ).length,
        0,
      )
    assert.deepEqual(
      [FlowEvent.CONNECT, FlowEvent.ACCEPT, FlowEvent.CLOSE, FlowEvent.LISTEN].map(count),
      [20, 20, 40, 1],
    )
  }
})

test('the kernel tells refused connects, and UDP peers by process', async (t) => {
  const opened = open({ source: 'ebpf' })
  if (typeof opened === 'string') return t.skip(opened)
  using tracer = opened
  const { server, port } = await listen('127.0.0.1')
  server.close()
  await once(server, 'close')
  await assert.rejects(exchange('127.0.0.1', port, 1), { code: 'ECONNREFUSED' })
  const receiver = createSocket('udp4').on('message', (_, { port, address }) =>
    receiver.send('pong', port, address),
  )
  receiver.bind(0, '127.0.0.1')
  await once(receiver, 'listening')
  const udpPort = receiver.address().port
  const sender = createSocket('udp4')
  for (let i = 0; i < 5; i++) {
    sender.send('ping', udpPort, '127.0.0.1')
    await once(sender, 'message')
  }
  const batches = await ticks(tracer, 2)
  sender.close()
  receiver.close()
  assert.deepEqual([sumsTo(batches, port).failed, sumsTo(batches, port).opened], [1, 0])
  const udp = batches.flatMap((batch) =>
    batch.edges.filter(({ serverPort }) => serverPort === udpPort).map((edge) => ({ edge, batch })),
  )
  assert.equal(
    udp.reduce((sum, { edge }) => sum + edge.messagesToServer, 0),
    5,
  )
  assert.equal(
    udp.reduce((sum, { edge }) => sum + edge.messagesToClient, 0),
    5,
  )
  assert.equal(
    udp.reduce((sum, { edge }) => sum + edge.opened, 0),
    1,
  )
})

test('a UDP socket that connects and sends nothing is told as the client that it is', async (t) => {
  const opened = open({ source: 'ebpf' })
  if (typeof opened === 'string') return t.skip(opened)
  using tracer = opened
  const ports: number[] = []
  for (const host of ['127.0.0.1', '::1'] as const) {
    // The highest of the ports that the kernel gives: no local one is above it.
    const port = host === '::1' ? 60_998 : 60_999
    ports.push(port)
    // Node binds first; a shell does not, so that the kernel binds after connect.
    const socket = createSocket(host === '::1' ? 'udp6' : 'udp4')
    socket.connect(port, host)
    await once(socket, 'connect')
    socket.close()
    const shell = spawn('bash', ['-c', `exec 3<>/dev/udp/${host}/${port}`])
    assert.deepEqual(await once(shell, 'exit'), [0, null])
  }
  const told = (await ticks(tracer, 2)).flatMap((batch) => {
    const flows = batch.flows!
    return flows.event.flatMap((event, i) =>
      ports.includes(flows.remotePort[i]!) || ports.includes(flows.localPort[i]!)
        ? [{ event, role: flows.role[i], own: flows.localPort[i]!, port: flows.remotePort[i]! }]
        : [],
    )
  })
  assert.deepEqual(
    told.filter(({ own, role }) => own === 0 || role !== Role.CLIENT),
    [],
  )
  for (const port of ports)
    assert.deepEqual(
      told
        .filter((row) => row.port === port)
        .map(({ event }) => event)
        .toSorted((a, b) => a - b),
      [FlowEvent.CONNECT, FlowEvent.CONNECT, FlowEvent.CLOSE, FlowEvent.CLOSE],
    )
})

test('the report says what the programs cost, and when that was sampled', async (t) => {
  const opened = open({ source: 'ebpf' })
  if (typeof opened === 'string') return t.skip(opened)
  using tracer = opened
  assert.equal(tracer.report().programSample, undefined)
  for (let i = 0; i < 40 && !tracer.report().programSample; i++) await ticks(tracer, 1)
  const { programSample, programs = [] } = tracer.report()
  assert.equal(programSample?.problem, '')
  assert.ok(programSample.lengthNs >= 0.9e9 && programSample.lengthNs < 5e9)
  assert.ok(Math.abs(Date.now() * 1e6 - programSample.endNs) < 5e9)
  // A pass at least, since it goes from tick to tick.
  const pass = programs.find(({ name }) => name === 'pass_tcp')
  assert.ok(pass && pass.sampleRuns > 0 && pass.sampleRunNs > 0)
})

test('the report has every program that we hold in the kernel, those of probes and profiles too', (t) => {
  const opened = open({ source: 'ebpf' })
  if (typeof opened === 'string') return t.skip(opened)
  if (spawnSync('bpftool', ['version']).status !== 0) return t.skip('bpftool is not installed')
  using tracer = opened
  tracer.configure(create(InstructionSchema))
  // Requests are looked for once two windows were told.
  tracer.tick()
  tracer.tick()
  tracer.poll()
  const ids = new Set(
    readdirSync('/proc/self/fdinfo').flatMap((fd) => {
      const path = `/proc/self/fdinfo/${fd}`
      const info = existsSync(path) ? readFileSync(path, 'latin1') : ''
      // Links tell the program that they run, which is held as well.
      return /^link_id:/m.test(info) ? [] : Number(/^prog_id:\s*(\d+)$/m.exec(info)?.[1] ?? 0)
    }),
  )
  const { stdout } = spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' })
  const held = (JSON.parse(stdout) as { id: number; name: string }[])
    .filter(({ id }) => ids.has(id))
    .map(({ name }) => name.slice(0, 15))
  const { programs = [] } = tracer.report()
  for (const name of ['go_gc', 'profile_stacks', 'http_ingress']) assert.ok(held.includes(name), name)
  // The kernel keeps 15 characters, where bpftool does not find the rest elsewhere.
  assert.deepEqual(programs.map(({ name }) => name.slice(0, 15)).toSorted(), held.toSorted())
})

test('a killed tracer goes on where it was: bytes of a live connection are told once', async (t) => {
  const { server, port, sockets } = await listen('127.0.0.1')
  const socket = connect(port, '127.0.0.1').on('data', () => undefined)
  await once(socket, 'connect')
  const parts: Uint8Array[] = []
  const batches: Batch[] = []
  for (let life = 0; life < 3; life++) {
    const opened = open({ source: 'ebpf', restore: parts })
    if (typeof opened === 'string') {
      socket.destroy()
      server.close()
      return t.skip(opened)
    }
    using tracer = opened
    socket.write(Buffer.alloc(1000))
    await sleep(350)
    const { batch, checkpoint } = tracer.tick()
    batches.push(batch)
    parts.push(checkpoint)
    // Told by nobody before this one is killed.
    socket.write(Buffer.alloc(10))
    await sleep(20)
  }
  socket.destroy()
  for (const other of sockets) other.destroy()
  server.close()
  const { opened, bytesToServer, edges } = sumsTo(batches, port)
  assert.deepEqual([opened, bytesToServer, edges.size], [0, 3020, 1])
})

test('/proc shows live connections, who holds them, and says what it cannot see', async () => {
  using tracer = openHostTracer({ host: 'test', bootId, source: 'proc', limits })
  const { server, port, sockets } = await listen('127.0.0.1')
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const batches = await ticks(tracer, 2)
  socket.destroy()
  for (const other of sockets) other.destroy()
  server.close()
  batches.push(...(await ticks(tracer, 3)))
  const { opened, closed, bytesToServer, edges } = sumsTo(batches, port)
  assert.deepEqual([opened, closed, bytesToServer, edges.size], [1, 1, 0, 1])
  assert.match([...edges][0]!, new RegExp(`^${process.pid}@\\d+ > ${process.pid}@\\d+$`))
  assert.ok(batches.every((batch) => batch.edges.every((edge) => edge.bytesUnknown)))
  assert.ok(tracer.blindSpots.some((spot) => spot.includes('once a second')))
  assert.ok(tracer.blindSpots.some((spot) => spot.startsWith('names of addresses are not known')))
  assert.ok(batches.every((batch) => batch.hostNames.length === 0))
  assert.equal(tracer.report().source, 'proc')
})

test('a checkpoint that is not one is refused and counted', () => {
  using tracer = openHostTracer({ host: 'test', bootId, source: 'proc', restore: [new Uint8Array(50)] })
  const { drops } = tracer.tick().batch
  assert.ok(
    drops.some(
      ({ stage, reason, count }) => stage === 'tracer.checkpoint' && reason === 'corrupt' && count === 1,
    ),
  )
  assert.ok(tracer.blindSpots.some((spot) => spot.includes('not a checkpoint')))
})

/** Sends of single messages to a port, over batches. */
function sendsTo(batches: readonly Batch[], port: number): number {
  let count = 0
  for (const { flows } of batches)
    for (const [i, event] of flows!.event.entries())
      if (event === FlowEvent.SEND && flows!.remotePort[i] === port) count++
  return count
}

function messagesOf(...messageTargets: string[]): Instruction {
  return create(InstructionSchema, { messageTargets })
}

test('a message target is told from its first send on, and so are its children', async (t) => {
  if (!existsSync('/bin/bash')) return t.skip('needs bash')
  const opened = open({ source: 'ebpf' })
  if (typeof opened === 'string') return t.skip(opened)
  using tracer = opened
  const folder = mkdtempSync(`${tmpdir()}/quadrant-messages-`)
  t.after(() => rmSync(folder, { recursive: true }))
  tracer.configure(messagesOf('Quad*Teller', 'nobody-*'))
  if (tracer.blindSpots.some((spot) => spot.includes('messages cannot be counted')))
    return t.skip('the host refuses the programs that see messages')
  const unmatched = () => tracer.blindSpots.filter((spot) => spot.includes('no process matches'))
  assert.deepEqual(unmatched(), [
    'messages: no process matches Quad*Teller yet',
    'messages: no process matches nobody-* yet',
  ])
  const run = async (name: string, port: number): Promise<void> => {
    const file = `${folder}/${name}`
    // 50 sends of its own, 30 of a child that executes nothing, within a few milliseconds.
    const sends = (count: number) => `for ((i = 0; i < ${count}; i++)); do echo "$i" >&3; done`
    writeFileSync(file, `#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/${port}\n${sends(50)}\n(${sends(30)})\n`, {
      mode: 0o755,
    })
    const [code] = (await once(spawn(file, { stdio: 'inherit' }), 'exit')) as [number]
    assert.equal(code, 0)
  }
  const [named, other] = [await listen('127.0.0.1'), await listen('127.0.0.1')]
  const polling = setInterval(() => tracer.poll(), 50)
  t.after(() => clearInterval(polling))
  const batches: Batch[] = []
  for (let round = 0; round < 5; round++) {
    await run('quad-teller', named.port)
    await run('quad-other', other.port)
    batches.push(...(await ticks(tracer, 1)))
  }
  named.server.close()
  other.server.close()
  assert.deepEqual([sendsTo(batches, named.port), sendsTo(batches, other.port)], [5 * 80, 0])
  assert.deepEqual(unmatched(), ['messages: no process matches nobody-* yet'])
  const drops = batches.flatMap((batch) => batch.drops).filter(({ stage }) => stage === 'kernel.map.targets')
  assert.deepEqual(drops, [])
})
