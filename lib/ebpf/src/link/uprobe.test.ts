import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Collection } from '../object/collection.ts'
import { bpftool, NEEDS_BPF, testSpec } from '../testing/bpf-test.ts'
import { Hotcall, NEEDS_GO } from '../testing/hotcall.ts'
import type { UprobeLink } from './uprobe.ts'
import { hasUprobeMulti } from './uprobe-multi.ts'

/** `hit_key` and `hit` of uprobes.bpf.c. */
interface Hit {
  readonly cookie: bigint
  readonly pid: number
  readonly count: number
  readonly ip: number
  readonly axSum: number
}

const PUSH_RBP = 0x55

const hotcall = NEEDS_GO.skip ? undefined : new Hotcall()
after(() => hotcall?.[Symbol.dispose]())

function load(program: string): Collection {
  return Collection.load(testSpec('uprobes.bpf.o'), { programs: [program] })
}

function hits(collection: Collection): Hit[] {
  const found: Hit[] = []
  collection.map('hits').lookupBatch((keys, values, count) => {
    const key = new DataView(keys.buffer, keys.byteOffset)
    const value = new DataView(values.buffer, values.byteOffset)
    for (let i = 0; i < count; i++)
      found.push({
        cookie: key.getBigUint64(i * 16, true),
        pid: key.getUint32(i * 16 + 8, true),
        count: Number(value.getBigUint64(i * 32, true)),
        ip: Number(value.getBigUint64(i * 32 + 8, true)),
        axSum: Number(value.getBigUint64(i * 32 + 24, true)),
      })
  })
  return found.sort((a, b) => Number(a.cookie - b.cookie) || a.pid - b.pid)
}

function sites(program = hotcall!) {
  const framed = program.functionNamed('main.framed')
  const leaf = program.functionNamed('main.leaf')
  const push = framed.code.indexOf(PUSH_RBP)
  return {
    framed: { offset: framed.offset + push, address: framed.address + push },
    leaf: { offset: leaf.offset, address: leaf.address },
  }
}

const PROGRAMS = [
  ['on_uprobe', 'perf-event'],
  ['on_uprobe_sleepable', 'perf-event'],
  ['on_uprobe_multi', 'multi'],
  ['on_uprobe_multi_sleepable', 'multi'],
] as const

for (const [program, method] of PROGRAMS)
  test(
    `${program}: every call on every thread is one hit, with its cookie and argument`,
    NEEDS_GO,
    async () => {
      using collection = load(program)
      await using first = hotcall!.start()
      await using second = hotcall!.start()
      const { framed, leaf } = sites()
      const COOKIE = 0xfedc_ba98_7654_3210n
      {
        using link = collection.program(program).attachUprobe({
          path: hotcall!.program,
          sites: [{ offset: framed.offset, cookie: COOKIE }, { offset: leaf.offset }],
        })
        assert.equal(link.method, hasUprobeMulti() ? method : 'perf-event')
        assert.equal(link.siteCount, 2)
        await first.call('framed', 1000, 3)
        await second.call('leaf', 500)
      }
      await first.call('framed', 100)
      const sumTo = (count: number) => (count * (count - 1)) / 2
      assert.deepEqual(
        hits(collection),
        [
          // framed calls leaf with its own argument, in RAX.
          { cookie: 0n, pid: first.pid, count: 3000, ip: leaf.address, axSum: 3 * sumTo(1000) },
          { cookie: 0n, pid: second.pid, count: 500, ip: leaf.address, axSum: sumTo(500) },
          { cookie: COOKIE, pid: first.pid, count: 3000, ip: framed.address, axSum: 3 * sumTo(1000) },
        ].sort((a, b) => Number(a.cookie - b.cookie) || a.pid - b.pid),
      )
      assert.equal(await first.end(), 0)
      assert.equal(await second.end(), 0)
    },
  )

for (const program of ['on_uprobe', 'on_uprobe_multi'])
  test(
    `${program}: a process alone, by the path of its executable, also a deleted one`,
    NEEDS_GO,
    async () => {
      using collection = load(program)
      using own = new Hotcall()
      await using probed = own.start()
      await using other = own.start()
      const { framed } = sites(own)
      rmSync(own.program)
      using link = collection.program(program).attachUprobe({
        path: `/proc/${probed.pid}/exe`,
        sites: [{ offset: framed.offset, cookie: 7n }],
        pid: probed.pid,
      })
      await probed.call('framed', 100, 4)
      await other.call('framed', 100, 4)
      const found = hits(collection)
      assert.deepEqual(
        found.map(({ pid, count }) => ({ pid, count })),
        [{ pid: probed.pid, count: 400 }],
      )
      link[Symbol.dispose]()
      await probed.call('framed', 100)
      assert.deepEqual(hits(collection), found)
    },
  )

for (const program of ['on_uprobe', 'on_uprobe_multi'])
  test(
    `${program}: a file in another mount namespace, and processes that start later`,
    NEEDS_GO,
    async () => {
      using collection = load(program)
      const { framed } = sites()
      // The program lies on a file system that only the other namespace has.
      const path = '/mnt/hotcall'
      const script = `mount -t tmpfs none /mnt && cp ${hotcall!.program} ${path} && echo ready; read line; ${path}`
      const child = spawn('unshare', ['--mount', 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] })
      try {
        await once(child.stdout, 'data')
        using _link = collection.program(program).attachUprobe({
          path: join('/proc', String(child.pid), 'root', path),
          sites: [{ offset: framed.offset, cookie: 1n }],
        })
        child.stdin.write('go\nframed 25 1\n')
        await once(child.stdout, 'data')
        assert.deepEqual(
          hits(collection).map(({ count, ip }) => ({ count, ip })),
          [{ count: 25, ip: framed.address }],
        )
      } finally {
        child.stdin.end()
        await once(child, 'exit')
      }
    },
  )

for (const program of ['on_uprobe', 'on_uprobe_multi'])
  test(
    `${program}: a link that is let go in another thread is gone when that is told`,
    NEEDS_GO,
    async () => {
      using collection = load(program)
      await using probed = hotcall!.start()
      const { framed, leaf } = sites()
      {
        await using _link = collection.program(program).attachUprobe({
          path: hotcall!.program,
          sites: [{ offset: framed.offset }, { offset: leaf.offset }],
          pid: probed.pid,
        })
        await probed.call('leaf', 10)
      }
      const found = hits(collection)
      assert.deepEqual(
        found.map(({ count }) => count),
        [10],
      )
      await probed.call('leaf', 10)
      assert.deepEqual(hits(collection), found)
    },
  )

test('what cannot be probed is told by its code, and nothing stays attached', NEEDS_GO, async () => {
  using uprobe = load('on_uprobe')
  using multi = load('on_uprobe_multi')
  using other = Collection.load(testSpec('hooks.bpf.o'), { programs: ['on_raw_tp'] })
  const path = hotcall!.program
  const { framed } = sites()
  const good = { offset: framed.offset }
  const programs = [uprobe.program('on_uprobe'), multi.program('on_uprobe_multi')]
  const linkCount = () => (bpftool('link', 'show') as readonly unknown[]).length
  const before = linkCount()
  for (const program of programs) {
    const refused = (target: Parameters<typeof program.attachUprobe>[0], code: string) =>
      assert.throws(
        () => program.attachUprobe(target),
        { name: 'EbpfError', code },
        JSON.stringify(target.path),
      )
    refused({ path: '/no/such/file', sites: [good] }, 'not-found')
    refused({ path: 'with\0nul', sites: [good] }, 'argument')
    refused({ path, sites: [] }, 'argument')
    refused({ path, sites: [good, { offset: 1 << 30 }] }, 'argument')
    refused({ path, sites: [{ offset: -1 }] }, 'argument')
    refused({ path, sites: [{ offset: 0.5 }] }, 'argument')
    refused({ path, sites: [good, good] }, 'argument')
    refused({ path, sites: [{ ...good, cookie: 1n << 64n }] }, 'argument')
    refused({ path, sites: [good], pid: 0 }, 'argument')
    refused({ path, sites: Array.from({ length: 4097 }, (_, offset) => ({ offset })) }, 'limit')
    assert.throws(() => program.attachUprobe({ path, sites: [good], pid: 4_194_999 }), { name: 'EbpfError' })
    assert.throws(() => program.attach(), { code: 'argument' })
  }
  assert.throws(() => programs[1]!.attachUprobe({ path: '/', sites: [good] }), { name: 'EbpfError' })
  assert.throws(() => other.program('on_raw_tp').attachUprobe({ path, sites: [good] }), { code: 'argument' })
  assert.equal(linkCount(), before)
})

test('killed, the one who attached leaves the program as it was', NEEDS_GO, async () => {
  await using target = hotcall!.start()
  const { framed } = sites()
  const script = `
    import { readFileSync } from 'node:fs'
    import { Collection, parseCollection } from '@quadrant/ebpf'
    const { value } = parseCollection(readFileSync('testdata/uprobes.bpf.o'))
    const collection = Collection.load(value)
    const target = { path: ${JSON.stringify(hotcall!.program)}, sites: [{ offset: ${framed.offset} }] }
    globalThis.links = ['on_uprobe', 'on_uprobe_multi'].map((name) => collection.program(name).attachUprobe(target))
    console.log(collection.program('on_uprobe').id, collection.program('on_uprobe_multi').id)
    setInterval(() => collection, 1000)`
  const attacher = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [printed] = (await once(attacher.stdout, 'data')) as [Buffer]
  const ids = new Set(printed.toString().trim().split(' ').map(Number))
  const attached = () =>
    (bpftool('prog', 'show') as ReadonlyArray<{ readonly id: number }>).filter(({ id }) => ids.has(id))
  assert.equal(attached().length, 2)
  const probedNs = await target.call('framed', 2000)
  const exit = once(attacher, 'exit')
  attacher.kill('SIGKILL')
  await exit
  // The kernel tears down after the exit is told.
  for (let i = 0; i < 100 && attached().length > 0; i++) execFileSync('sleep', ['0.05'])
  assert.deepEqual(attached(), [])
  const freeNs = await target.call('framed', 2000)
  assert.ok(freeNs < probedNs / 3, `${freeNs} ns a call after, ${probedNs} ns while probed`)
  assert.equal(await target.end(), 0)
})

test('many places: both methods attach, and are gone again', NEEDS_GO, () => {
  const { code, offset } = hotcall!.functionNamed('runtime.mallocgc')
  assert.ok(code.length > 0)
  const path = join(hotcall!.folder, 'unused')
  copyFileSync(hotcall!.program, path)
  const links: UprobeLink[] = []
  for (const name of ['on_uprobe', 'on_uprobe_multi']) {
    using collection = load(name)
    using link = collection.program(name).attachUprobe({
      path,
      // Nobody runs this copy, so where instructions begin does not matter.
      sites: Array.from({ length: 8 }, (_, i) => ({ offset: offset + i, cookie: BigInt(i) })),
    })
    links.push(link)
  }
  assert.deepEqual(
    links.map(({ siteCount }) => siteCount),
    [8, 8],
  )
})

test('a program of a kernel without links of many places is one of single places', NEEDS_BPF, () => {
  using collection = load('on_uprobe_multi')
  assert.equal(collection.program('on_uprobe_multi').section, 'uprobe.multi')
  assert.equal(typeof hasUprobeMulti(), 'boolean')
})
