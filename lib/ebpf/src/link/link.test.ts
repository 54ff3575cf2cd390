import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { EbpfError } from '../error.ts'
import { BpfMap } from '../object/bpf-map.ts'
import { Collection } from '../object/collection.ts'
import { enableProgramStats } from '../object/program-stats.ts'
import { bpftool, NEEDS_BPF, NEEDS_BPFTOOL, testSpec } from '../testing/bpf-test.ts'
import { cgroupRoot } from './cgroup.ts'
import type { IterLink } from './iterator.ts'
import { Link } from './link.ts'

/** `enum hook` of hooks.bpf.c. */
const HOOKS = [
  'tp_btf',
  'raw_tp',
  'tracepoint',
  'connect4',
  'sendmsg4',
  'recvmsg4',
  'egress',
  'ingress',
  'sock_release',
  'perf_event',
  'fentry',
  'kprobe',
] as const

function load(...programs: string[]): Collection {
  const spec = testSpec('hooks.bpf.o')
  spec.variables.get('target_tgid')!.set(process.pid)
  return Collection.load(spec, { programs })
}

function runs(collection: Collection, hook: (typeof HOOKS)[number]): number {
  const key = new Uint8Array(Uint32Array.of(HOOKS.indexOf(hook)).buffer)
  return Number(new DataView(collection.map('runs').lookup(key)!.buffer).getBigUint64(0, true))
}

/** Attaches a program that a locked-down host may refuse, in which case the test is skipped with its words. */
function attachOrSkip(t: { skip(reason: string): void }, program: string): Collection | undefined {
  try {
    const collection = load(program)
    collection.program(program)
    return collection
  } catch (error) {
    if (!(error instanceof EbpfError) || error.code !== 'permission') throw error
    t.skip(error.message)
    return undefined
  }
}

for (const [program, hook] of [
  ['on_tp_btf', 'tp_btf'],
  ['on_raw_tp', 'raw_tp'],
  ['on_tracepoint', 'tracepoint'],
] as const)
  test(`${hook} runs at each event while attached`, NEEDS_BPF, () => {
    using collection = load(program)
    execFileSync('true')
    assert.equal(runs(collection, hook), 0)
    {
      using _link = collection.program(program).attach()
      execFileSync('true')
    }
    const seen = runs(collection, hook)
    assert.ok(seen >= 1)
    execFileSync('true')
    assert.equal(runs(collection, hook), seen)
  })

test('cgroup programs see connections and datagrams of this process', NEEDS_BPF, async (t) => {
  const root = cgroupRoot()
  if (root === undefined) return t.skip('no cgroup v2 hierarchy is mounted')
  const programs = ['connect4', 'sendmsg4', 'recvmsg4', 'egress', 'ingress', 'sock_release'] as const
  using collection = load(...programs.map((name) => `on_${name}`))
  using links = new DisposableStack()
  for (const name of programs) links.use(collection.program(`on_${name}`).attachCgroup(root))

  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').resume()
  await once(client, 'close')
  server.close()
  const receiver = createSocket('udp4')
  receiver.bind(0, '127.0.0.1')
  await once(receiver, 'listening')
  const sender = createSocket('udp4')
  const received = once(receiver, 'message')
  sender.send('x', receiver.address().port, '127.0.0.1')
  await received
  await Promise.all([once(sender.close(), 'close'), once(receiver.close(), 'close')])

  assert.equal(runs(collection, 'connect4'), 1)
  assert.equal(runs(collection, 'sendmsg4'), 1)
  assert.ok(runs(collection, 'recvmsg4') >= 1)
  // SYN, FIN, their acknowledgements and a datagram at least.
  assert.ok(runs(collection, 'egress') >= 5, `${runs(collection, 'egress')} packets`)
  assert.ok(runs(collection, 'ingress') >= 5, `${runs(collection, 'ingress')} packets`)
  assert.ok(runs(collection, 'sock_release') >= 2)
})

test('a folder that is no v2 cgroup is told apart', NEEDS_BPF, () => {
  using collection = load('on_connect4')
  assert.throws(() => collection.program('on_connect4').attachCgroup('/tmp'), {
    code: 'argument',
    message: /not a cgroup of the v2 hierarchy/,
  })
  assert.throws(() => collection.program('on_connect4').attachCgroup('/no/such'), { code: 'not-found' })
  assert.throws(() => collection.program('on_connect4').attach(), { code: 'argument' })
})

test('the v2 hierarchy is found on hybrid, pure and v1 hosts', () => {
  const hybrid = [
    '30 29 0:26 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu',
    '31 29 0:27 /sub /mnt/bind\\040mount rw - cgroup2 cgroup2 rw',
    '32 29 0:27 / /sys/fs/cgroup/my\\040unified rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate',
  ].join('\n')
  assert.equal(cgroupRoot(hybrid), '/sys/fs/cgroup/my unified')
  assert.equal(cgroupRoot('30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'), '/sys/fs/cgroup')
  assert.equal(cgroupRoot('30 29 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n'), undefined)
})

test('perf_event runs at its rate while the processor works', NEEDS_BPF, () => {
  using collection = load('on_perf_event')
  using links = new DisposableStack()
  const program = collection.program('on_perf_event')
  links.use(program.attachPerfEvent({ frequencyHz: 1000, cpu: -1, pid: process.pid }))
  const end = performance.now() + 2000
  while (runs(collection, 'perf_event') < 5 && performance.now() < end);
  assert.ok(runs(collection, 'perf_event') >= 5)
})

for (const hook of ['fentry', 'kprobe'] as const)
  test(`${hook} runs at a kernel function, where the host allows it`, NEEDS_BPF, async (t) => {
    using collection = attachOrSkip(t, `on_${hook}`)
    if (collection === undefined) return
    using stack = new DisposableStack()
    try {
      stack.use(collection.program(`on_${hook}`).attach())
    } catch (error) {
      if (!(error instanceof EbpfError) || error.code !== 'unsupported') throw error
      return t.skip(error.message)
    }
    const client = connect(1, '127.0.0.1')
    await once(client, 'error')
    assert.ok(runs(collection, hook) >= 1)
  })

test('an iterator walks the tasks: this process is among them, with its name', NEEDS_BPF, () => {
  using collection = load('each_task')
  using link = collection.program('each_task').attach() as IterLink
  const rows = readAll(link)
  const view = new DataView(rows.buffer, rows.byteOffset, rows.length)
  const ROW_BYTES = 24
  assert.equal(rows.length % ROW_BYTES, 0)
  const tgids = new Set<number>()
  for (let at = 0; at < rows.length; at += ROW_BYTES) tgids.add(view.getUint32(at + 4, true))
  assert.ok(tgids.has(process.pid) && tgids.size > 1)
  using mine = collection.program('each_task').attachIterator({ pid: process.pid })
  const own = readAll(mine)
  assert.ok(own.length >= ROW_BYTES && own.length < rows.length)
  assert.equal(new DataView(own.buffer).getUint32(4, true), process.pid)
})

test('an iterator walks the entries of a map, where the host allows it', NEEDS_BPF, (t) => {
  using collection = attachOrSkip(t, 'each_element')
  if (!collection) return
  using map = BpfMap.create(testSpec('map-kinds.bpf.o').maps.get('counters')!)
  using link = collection.program('each_element').attachIterator({ map })
  const rows = readAll(link)
  assert.deepEqual(
    [...new Uint32Array(rows.slice().buffer)],
    Array.from({ length: map.maxEntries }, (_, index) => index),
  )
})

test('an iterator opened in another network namespace sees its sockets only', NEEDS_BPF, async () => {
  const child = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up; echo ready; read line'])
  try {
    await once(child.stdout, 'data')
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    using collection = load('each_tcp')
    using link = collection.program('each_tcp').attach() as IterLink
    const ports = (netnsPath?: string) => [...new Uint16Array(readAll(link, netnsPath).slice().buffer)]
    assert.ok(ports().includes(port))
    assert.deepEqual(ports(`/proc/${child.pid}/ns/net`), [])
    assert.ok(ports().includes(port), 'the thread came back')
    assert.throws(() => link.open({ netnsPath: '/proc/4194999/ns/net' }), { code: 'not-found' })
    server.close()
  } finally {
    child.stdin.end()
    await once(child, 'exit')
  }
})

function readAll(link: IterLink, netnsPath?: string): Uint8Array {
  using reader = link.open({ netnsPath })
  const chunks: Uint8Array[] = []
  const chunk = new Uint8Array(8192)
  for (let count = reader.read(chunk); count > 0; count = reader.read(chunk))
    chunks.push(chunk.slice(0, count))
  return new Uint8Array(Buffer.concat(chunks))
}

test('a pinned link outlives its process’s descriptor, and nothing outlives the pin', NEEDS_BPFTOOL, () => {
  const directory = mkdtempSync('/sys/fs/bpf/quadrant-test-')
  const listed = () => bpftool('link', 'show') as Array<{ readonly prog_id?: number }>
  try {
    using collection = load('on_tp_btf')
    const program = collection.program('on_tp_btf')
    const isListed = () => listed().some(({ prog_id }) => prog_id === program.id)
    {
      using link = program.attach()
      assert.ok(isListed())
      link.pin(join(directory, 'link'))
    }
    execFileSync('true')
    assert.ok(isListed() && runs(collection, 'tp_btf') > 0)
    {
      using _opened = Link.openPinned(join(directory, 'link'))
      rmSync(join(directory, 'link'))
      assert.ok(isListed())
    }
    assert.ok(!isListed())
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('statistics count runs while they are on', NEEDS_BPF, () => {
  using collection = load('on_raw_tp')
  const program = collection.program('on_raw_tp')
  using _link = program.attach()
  execFileSync('true')
  {
    using _stats = enableProgramStats()
    execFileSync('true')
  }
  const { runs: counted, runNs } = program.stats()
  assert.ok(counted >= 1 && runNs > 0)
})
