// A tracer on this very machine, and real Go programs that say themselves what they did.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gcPlaces } from './gc/gc-places.ts'
import { Gcload, NEEDS_PROBES, type GcloadProcess } from './gc/testing/gcload.ts'
import { TOO_DEAR } from './findings.ts'
import { openGoMemory } from './go-memory.ts'
import { WatchedHost } from './testing/watched-host.ts'

/** `int3`. */
const BREAKPOINT = 0xcc

const folder = mkdtempSync(join(tmpdir(), 'quadrant-runtime-'))
after(() => rmSync(folder, { recursive: true }))

/** Waits until a process is probed, and makes sure of it: there are breakpoints in its code. */
async function probed(host: WatchedHost, process: GcloadProcess): Promise<string> {
  const key = host.key(process.pid)
  await host.until(`${key} is probed`, () => host.probed.has(key))
  using memory = openGoMemory('/proc', process.pid, process.target.binary.image.source)
  for (const { address } of gcPlaces(process.target).places)
    assert.equal(memory.read(address + memory.bias, 1)[0], BREAKPOINT)
  return key
}

for (const build of [
  { name: 'plain' },
  { name: 'stripped', strip: true },
  { name: 'pie', args: ['-buildmode=pie'] },
])
  test(
    `${build.name}: build, collections and figures are those that the program tells itself`,
    NEEDS_PROBES,
    async () => {
      using program = new Gcload(build)
      await using host = new WatchedHost()
      await using churn = program.start('churn', '1500')
      const key = await probed(host, churn)
      await host.until('its memory is read', () => host.figures.has(key))
      churn.go()
      assert.equal(await churn.end(), 0)
      await host.settle()
      const { numGC } = churn.report
      assert.ok(numGC > 3)
      assert.equal(host.cycles.get(key)?.length, numGC)
      assert.deepEqual(
        host.cycles.get(key)!.map(({ number }) => number),
        Array.from({ length: numGC }, (_, i) => i + 1),
      )
      const told = host.buildOf(key)!
      assert.deepEqual(
        [told.runtime, told.runtimeVersion, told.exe, told.mainPackage, told.stripped],
        ['go', program.goVersion, program.path, 'example.com/gcload', build.strip === true],
      )
      assert.ok(host.told.has(key))
      const runs = host.facts.filter(({ subject }) => subject === `proc:test/${key}`)
      assert.deepEqual(
        runs.map(({ predicate, object, validToNs }) => [predicate, object, validToNs > 0]),
        [
          ['runs', told.id, false],
          ['runs', told.id, true],
        ],
      )
      const figures = host.figures.get(key)!
      for (const { collections, gomaxprocs, gcPercent, heapLiveBytes } of figures) {
        assert.ok(collections <= numGC && heapLiveBytes < 2 ** 32)
        assert.deepEqual([gomaxprocs, gcPercent === 100 || gcPercent === -1], [churn.traced[0]!.procs, true])
      }
      const costs = host.costs.get(key)!
      assert.ok(costs.every(({ detached, share }) => !detached && share < 0.01))
    },
  )

test(
  'a program that is replaced under the agent: each process is probed as what it is',
  NEEDS_PROBES,
  async () => {
    using old = new Gcload({ name: 'old' })
    using young = new Gcload({ name: 'young', args: ['-ldflags=-s -w'] })
    // Both are started by the same path, one after the other.
    const path = join(folder, 'program')
    copyFileSync(old.path, path)
    await using host = new WatchedHost()
    await using first = old.startBy(path, 'churn', '1000')
    const firstKey = await probed(host, first)
    copyFileSync(young.path, `${path}.new`)
    renameSync(`${path}.new`, path)
    await using second = young.startBy(path, 'churn', '1000')
    const secondKey = await probed(host, second)
    rmSync(path)
    for (const process of [first, second]) process.go()
    for (const process of [first, second]) assert.equal(await process.end(), 0)
    await host.settle()
    assert.equal(host.cycles.get(firstKey)?.length, first.report.numGC, JSON.stringify([...host.drops]))
    assert.equal(host.cycles.get(secondKey)?.length, second.report.numGC, JSON.stringify([...host.drops]))
    const builds = [host.buildOf(firstKey)!, host.buildOf(secondKey)!]
    assert.deepEqual(
      builds.map(({ exe, stripped }) => [exe, stripped]),
      [
        [path, false],
        [path, true],
      ],
    )
    assert.notEqual(builds[0]!.id, builds[1]!.id)
  },
)

test(
  'a process that executes another program is looked at anew, and is probed as that',
  NEEDS_PROBES,
  async () => {
    using old = new Gcload({ name: 'old' })
    using young = new Gcload({ name: 'young', args: ['-buildmode=pie'], strip: true })
    await using host = new WatchedHost()
    await using churn = young.startBy(
      'sh',
      '-c',
      `${old.path} hold < /dev/null > /dev/null; read line; exec ${young.path} churn 1000`,
    )
    const key = host.key(churn.pid)
    await host.until('the shell is told', () => host.buildOf(key)?.runtime === 'native')
    churn.go()
    assert.equal(await probed(host, churn), key)
    churn.go()
    assert.equal(await churn.end(), 0)
    await host.settle()
    assert.equal(host.cycles.get(key)?.length, churn.report.numGC)
    assert.equal(host.buildOf(key)!.exe, young.path)
    const runs = host.facts.filter(({ subject }) => subject === `proc:test/${key}`)
    const [shell, program] = [...new Set(runs.map(({ object }) => object))].map(
      (id) => host.builds.get(id)!.runtime,
    )
    assert.deepEqual([shell, program], ['native', 'go'])
    // The shell's time ends when the program's begins.
    const until = runs.find(({ validToNs }) => validToNs > 0)!.validToNs
    assert.ok(runs.at(-1)!.validFromNs >= until - 1e6)
  },
)

test(
  'a hundred programs begin and end under load: none is harmed, and each collection is told once',
  NEEDS_PROBES,
  async () => {
    using plain = new Gcload({ name: 'plain' })
    using stripped = new Gcload({ name: 'stripped', args: ['-buildmode=pie'], strip: true })
    await using host = new WatchedHost()
    const before = openFiles()
    let counted = 0
    const run = async (index: number): Promise<void> => {
      await using churn = (index % 2 ? plain : stripped).start('churn', '50')
      const isKilled = index % 5 === 4
      // Some begin and end before they can be probed.
      const key = index % 3 === 2 ? undefined : await probed(host, churn)
      churn.go()
      if (isKilled) {
        await sleep(index % 50)
        await churn.kill()
        return
      }
      assert.equal(await churn.end(), 0)
      if (key === undefined) return
      await host.settle()
      assert.equal(host.cycles.get(key)?.length, churn.report.numGC, key)
      counted++
    }
    const waiting = Array.from({ length: 100 }, (_, index) => index)
    const lane = async () => {
      for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) await run(index)
    }
    await Promise.all(Array.from({ length: 8 }, lane))
    assert.ok(counted > 40, String(counted))
    // Nothing of them stays open.
    await host.until('all files are closed', () => openFiles() <= before + 2)
  },
)

test('a program on a file system that only its own mount namespace has', NEEDS_PROBES, async () => {
  using program = new Gcload({ name: 'contained', args: ['-ldflags=-s -w'] })
  await using host = new WatchedHost()
  const script = `mount -t tmpfs none /mnt && cp ${program.path} /mnt/contained && exec /mnt/contained churn 500`
  await using churn = program.startBy('unshare', '--mount', 'sh', '-c', script)
  const key = await probed(host, churn)
  await host.until('its memory is read', () => host.figures.has(key))
  churn.go()
  assert.equal(await churn.end(), 0)
  await host.settle()
  assert.equal(host.cycles.get(key)?.length, churn.report.numGC)
  assert.equal(host.buildOf(key)!.exe, '/mnt/contained')
  assert.ok(
    host.figures.get(key)!.every(({ known, collections }) => known > 0 && collections <= churn.report.numGC),
  )
})

test('instructions take probes and samples away, and give them back', NEEDS_PROBES, async () => {
  using program = new Gcload({ name: 'instructed' })
  await using host = new WatchedHost()
  await using load = program.start('load', '60')
  const key = await probed(host, load)
  assert.equal(host.report.profileHz, 0)
  host.configure({ probesOff: true, profileHz: 99 })
  await host.until('nothing is probed', () => host.report.probedProcesses === 0)
  assert.ok(host.refusedCount('off') >= 1)
  await host.until('it is sampled', () => (host.samples.get(key) ?? 0) > 20)
  assert.equal(host.report.profileHz, 99)
  await host.settle()
  const before = host.cycles.get(key)?.length ?? 0
  await host.settle()
  assert.equal(host.cycles.get(key)?.length ?? 0, before)
  host.probed.clear()
  host.configure({ profilesOff: true })
  await probed(host, load)
  await host.until('collections are told again', () => (host.cycles.get(key)?.length ?? 0) > before)
  assert.equal(host.report.profileHz, 0)
})

function openFiles(): number {
  return readdirSync('/proc/self/fd').length
}

test(
  'a program that hits a probe a million times a second is left alone within a second',
  NEEDS_PROBES,
  async () => {
    const path = join(folder, 'hothit')
    const source = join(import.meta.dirname, '../../../../guest/testprog')
    execFileSync('go', ['build', '-tags', 'hothit', '-ldflags=-checklinkname=0', '-o', path, './hothit'], {
      cwd: source,
    })
    await using host = new WatchedHost()
    const child = spawn(path, ['20000'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
    const exited = once(child, 'exit')
    const key = host.key(child.pid!)
    await host.until('it is detached', () =>
      host.findings.some(({ subject }) => subject === `proc:test/${key}`),
    )
    const findings = host.findings.filter(({ subject }) => subject === `proc:test/${key}`)
    assert.deepEqual(await exited, [0, null])
    await host.settle()
    assert.deepEqual(
      findings.map(({ code }) => code),
      [TOO_DEAR],
    )
    const cost = host.costs.get(key)!.at(-1)!
    assert.ok(cost.detached && cost.hits > 1000 && cost.share > 0.01 && cost.shareMax === 0.01)
    assert.equal(host.costs.get(key)!.filter(({ detached }) => detached).length, 1)
    // It went on for 20 s without probes: what hit them is a small part of its calls.
    const calls = Number(text.trim().split('\n').at(-1)!.split(' ')[1])
    assert.ok(calls > 10 * cost.hits, `${calls} calls, ${cost.hits} hits`)
  },
)

/** The links to programs that this process holds, by their numbers in the kernel. */
function heldLinks(): readonly number[] {
  return readdirSync('/proc/self/fdinfo').flatMap((fd) => {
    try {
      const id = /^link_id:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]
      return id === undefined ? [] : [Number(id)]
    } catch {
      // Closed since the listing.
      return []
    }
  })
}

test('a tracer that has ended leaves no probe in any of many processes', NEEDS_PROBES, async () => {
  using program = new Gcload({ name: 'many' })
  await using processes = new AsyncDisposableStack()
  const held = Array.from({ length: 24 }, () => processes.use(program.start('hold')))
  const links = new Set<number>()
  {
    await using host = new WatchedHost()
    for (const process of held) await probed(host, process)
    for (const id of heldLinks()) links.add(id)
    assert.ok(links.size >= held.length)
  }
  const left = (): readonly { readonly id: number }[] =>
    (
      JSON.parse(execFileSync('bpftool', ['-j', 'link', 'show']).toString()) as { readonly id: number }[]
    ).filter(({ id }) => links.has(id))
  // The kernel frees links after a grace period.
  for (const end = Date.now() + 5000; left().length > 0 && Date.now() < end;) await sleep(20)
  assert.deepEqual(left(), [])
  assert.ok(held.every(({ isRunning }) => isRunning))
})
