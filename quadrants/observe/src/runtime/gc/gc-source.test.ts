import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { after, describe, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GcCycle, WorldStop } from '@quadrant/proto'
import { systemClock } from '../../discover/host-clock.ts'
import { readText } from '../../discover/proc-files.ts'
import type { GoTarget } from '../go-target.ts'
import type { GcSource } from '../gc-source.ts'
import { type GcSourceOptions, openGcSource } from './bpf-gc-source.ts'
import { gcPlaces } from './gc-places.ts'
import { Gcload, type GcloadProcess, NEEDS_PROBES } from './testing/gcload.ts'

const BREAKPOINT = 0xcc
const TRAP_COSTS = { emulated: 1000, stepped: 5000 }

const program = NEEDS_PROBES.skip ? undefined : new Gcload({ name: 'probed' })
after(() => program?.[Symbol.dispose]())

interface Told {
  readonly cycles: Map<GoTarget, GcCycle[]>
  readonly stops: Map<GoTarget, WorldStop[]>
}

/** A source, and all that it tells. */
function open(options: Partial<GcSourceOptions> = {}): { source: GcSource; told: Told } {
  const told: Told = { cycles: new Map(), stops: new Map() }
  const source = openGcSource({
    sink: {
      cycle: (target, cycle) => add(told.cycles, target, cycle),
      stop: (target, stop) => add(told.stops, target, stop),
    },
    clock: systemClock,
    trapCosts: TRAP_COSTS,
    ...options,
  })
  return { source, told }
}

function add<T>(map: Map<GoTarget, T[]>, target: GoTarget, value: T): void {
  map.set(target, [...(map.get(target) ?? []), value])
}

async function runToEnd(source: GcSource, ...processes: readonly GcloadProcess[]): Promise<void> {
  for (const one of processes) one.go()
  while (processes.some(({ isRunning }) => isRunning)) {
    source.poll()
    await sleep(5)
  }
  for (const one of processes) assert.equal(await one.end(), 0)
  source.poll()
}

/** How many of the places have a breakpoint in the memory of a process that is not moved. */
function breakpointCount({ pid, target }: GcloadProcess): number {
  const fd = openSync(`/proc/${pid}/mem`, 'r')
  try {
    const byte = new Uint8Array(1)
    return gcPlaces(target).places.filter(({ address }) => {
      assert.equal(readSync(fd, byte, 0, 1, address), 1)
      return byte[0] === BREAKPOINT
    }).length
  } finally {
    closeSync(fd)
  }
}

/** Ids of the links and programs that this process holds, as the kernel tells them; bpftool must know each. */
function held(): Ids {
  const ids: Ids = { link: new Set(), prog: new Set() }
  for (const fd of readdirSync('/proc/self/fd')) {
    const info = readText(`/proc/self/fdinfo/${fd}`)
    const link = /^link_id:\s*(\d+)$/m.exec(info)?.[1]
    const prog = /^prog_id:\s*(\d+)$/m.exec(info)?.[1]
    if (link !== undefined) ids.link.add(Number(link))
    else if (prog !== undefined) ids.prog.add(Number(prog))
  }
  assert.deepEqual(alive(ids), ids)
  return ids
}

interface Ids {
  readonly link: Set<number>
  readonly prog: Set<number>
}

interface Shown {
  readonly id: number
  readonly type?: string | number
}

function bpftool(kind: 'link' | 'prog'): readonly Shown[] {
  const text = execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return JSON.parse(text) as readonly Shown[]
}

/** Those of them that bpftool finds. */
function alive(ids: Ids): Ids {
  const find = (kind: 'link' | 'prog') => ids[kind].intersection(new Set(bpftool(kind).map(({ id }) => id)))
  return { link: find('link'), prog: find('prog') }
}

/** BPF_LINK_TYPE_UPROBE_MULTI, which older versions of bpftool have no name for. */
const UPROBE_LINKS: ReadonlySet<string | number | undefined> = new Set([12, 'uprobe_multi'])

/** An agent that runs on this machine probes our processes, too: then their memory does not tell who did. */
function unlessStrangers(t: TestContext, check: () => void): void {
  try {
    check()
  } catch (error) {
    const links = bpftool('link').filter(({ type }) => UPROBE_LINKS.has(type))
    if (links.length === alive(held()).link.size) throw error
    t.diagnostic('another program probes processes of this machine')
  }
}

const NOTHING: Ids = { link: new Set(), prog: new Set() }

/** The kernel lets go of a program a moment after its last user has. */
async function assertGone(ids: Ids): Promise<void> {
  for (let i = 0; i < 200 && alive(ids).prog.size > 0; i++) await sleep(10)
  assert.deepEqual(alive(ids), NOTHING)
}

describe('probes', NEEDS_PROBES, () => {
  test('one process is probed, its twin is not; after dispose nobody is, and nothing is left', async (t) => {
    await using probed = program!.start('churn', '150')
    await using twin = program!.start('churn', '150')
    const { source, told } = open()
    let ids = NOTHING
    {
      await using _source = source
      const probes = source.probe(probed.target)
      assert.equal(probes.probeCount, 5)
      assert.equal(breakpointCount(probed), 5)
      unlessStrangers(t, () => assert.equal(breakpointCount(twin), 0))
      ids = held()
      assert.deepEqual([ids.link.size, ids.prog.size], [1, 1])
      await runToEnd(source, probed, twin)
      assert.equal(told.cycles.get(probed.target)?.length, probed.traced.length)
      assert.equal(told.cycles.has(twin.target), false)
    }
    await assertGone(ids)
  })

  test('every hit is counted, at its price', async () => {
    await using load = program!.start('churn', '150')
    const { source, told } = open()
    await using _source = source
    const probes = source.probe(load.target)
    assert.deepEqual(probes.counts(), { hits: 0, trapNs: 0, programNs: 0 })
    await runToEnd(source, load)
    const hits = 8 * told.cycles.get(load.target)!.length + 3 * told.stops.get(load.target)!.length
    const { trapNs, programNs, ...rest } = probes.counts()
    assert.deepEqual(rest, { hits })
    // This version's places are all emulated.
    assert.equal(trapNs, hits * TRAP_COSTS.emulated)
    assert.ok(programNs > 0 && programNs < hits * 1e6)
    probes[Symbol.dispose]()
    assert.deepEqual(probes.counts(), { hits, trapNs, programNs })
  })

  for (const spinMs of [0, 5])
    test(`a thread that ${spinMs > 0 ? 'spins' : 'is woken'} tells the same without being polled`, async () => {
      await using load = program!.start('churn', '150')
      const { source, told } = open({ thread: { spinMs } })
      {
        await using _source = source
        source.probe(load.target)
        load.go()
        assert.equal(await load.end(), 0)
        const wanted = load.traced.length
        for (let i = 0; i < 200 && told.cycles.get(load.target)?.length !== wanted; i++) await sleep(10)
        assert.equal(told.cycles.get(load.target)?.length, wanted)
        assert.ok(source.poll() >= 8 * wanted)
        assert.equal(source.poll(), 0)
        // Zeros where the program was over before the thread had begun.
        const { median, p99 } = source.latencyUs()
        assert.ok(median >= 0 && p99 >= median)
      }
      assert.deepEqual(held(), NOTHING)
    })

  test('probes go at once, and others can come in their place', async () => {
    await using load = program!.start('churn', '600')
    const { source, told } = open({ processesMax: 1 })
    await using _source = source
    const first = source.probe(load.target)
    assert.throws(() => source.probe(load.target), { name: 'EbpfError', code: 'limit' })
    load.go()
    while (told.cycles.size === 0 && load.isRunning) {
      await sleep(5)
      source.poll()
    }
    first[Symbol.dispose]()
    const toldBefore = told.cycles.get(load.target)!.length
    const { hits } = first.counts()
    await sleep(50)
    source.poll()
    assert.equal(told.cycles.get(load.target)!.length, toldBefore)
    assert.equal(first.counts().hits, hits)
    // The slot is free when the kernel has let go.
    const second = await (async () => {
      for (;;)
        try {
          return source.probe(load.target)
        } catch (error) {
          assert.equal((error as { code?: unknown }).code, 'limit')
          await sleep(5)
        }
    })()
    await runToEnd(source, load)
    const after = told.cycles.get(load.target)!.slice(toldBefore)
    const traced = load.traced
    assert.ok(after.length > 0 && after.length < traced.length)
    assert.ok(second.counts().hits >= 8 * after.length)
  })

  test('a program that executes itself anew comes to no harm, and is probed again', async () => {
    await using load = program!.start('churn', '100', 'exec')
    const { source, told } = open()
    await using _source = source
    const first = source.probe(load.target)
    load.go()
    // It executes another copy, which waits for a line of its own; between the two it has no arguments.
    while (!/churn\0\d+\0$/.test(readText(`/proc/${load.pid}/cmdline`))) {
      source.poll()
      await sleep(5)
    }
    source.poll()
    first[Symbol.dispose]()
    source.probe(load.target)
    await runToEnd(source, load)
    const { traced } = load
    assert.equal(traced.filter(({ number }) => number === 1).length, 2)
    assert.equal(told.cycles.get(load.target)?.length, traced.length)
    assert.deepEqual(
      source.drops().filter(({ count }) => count > 0),
      [],
    )
  })

  test('processes that are killed under load leave nothing behind', async () => {
    const { source, told } = open()
    let ids = NOTHING
    {
      await using _source = source
      for (let round = 0; round < 5; round++) {
        await using load = program!.start('churn', '10000')
        const probes = source.probe(load.target)
        load.go()
        await sleep(20 + 10 * round)
        source.poll()
        await load.kill()
        assert.throws(() => source.probe(load.target), { name: 'EbpfError', code: 'not-found' })
        // One in two is forgotten with the source.
        if (round % 2 === 0) probes[Symbol.dispose]()
      }
      await using last = program!.start('churn', '100')
      source.probe(last.target)
      await runToEnd(source, last)
      assert.equal(told.cycles.get(last.target)?.length, last.traced.length)
      ids = held()
    }
    await assertGone(ids)
  })

  test('dispose without waiting for a promise takes everything away, too', async (t) => {
    await using load = program!.start('churn', '100')
    let ids = NOTHING
    {
      const { source } = open()
      using _source = source
      source.probe(load.target)
      assert.equal(breakpointCount(load), 5)
      ids = held()
    }
    await assertGone(ids)
    unlessStrangers(t, () => assert.equal(breakpointCount(load), 0))
    load.go()
    assert.equal(await load.end(), 0)
  })

  test('what has no room in the ring is counted, and makes no wrong pause', async () => {
    await using load = program!.start('churn', '600')
    const { source, told } = open({ ringBytes: 4096 })
    await using _source = source
    const probes = source.probe(load.target)
    load.go()
    // There is room for seven cycles.
    for (let next = 12; load.isRunning; await sleep(5)) {
      if (load.traced.length < next) continue
      source.poll()
      next += 12
    }
    assert.equal(await load.end(), 0)
    source.poll()
    const drops = Object.fromEntries(source.drops().map(({ reason, count }) => [reason, count]))
    const pauses = new Set(load.report.pausesNs)
    const cycles = told.cycles.get(load.target) ?? []
    const { traced } = load
    assert.ok(drops['full: gc']! > 0, JSON.stringify(drops))
    assert.ok(drops['gap']! > 0, JSON.stringify(drops))
    assert.ok(cycles.length > 0 && cycles.length < traced.length, `${cycles.length} of ${traced.length}`)
    assert.ok(probes.counts().hits >= 8 * traced.length)
    // Each is one of those the runtime knows, as far as it still does.
    if (traced.length > 256) return
    for (const { sweepTerminationNs, markTerminationNs } of cycles) {
      const both = sweepTerminationNs + markTerminationNs
      const nearest = Math.min(...[...pauses].map((ns) => Math.abs(ns - both)))
      assert.ok(nearest < 1e6, `${both} ns is no pause of the runtime`)
    }
  })

  test('a program that is another by now, or cannot be observed, is refused and left alone', async (t) => {
    using other = new Gcload({ name: 'other', args: ['-gcflags=all=-N -l'] })
    using arm = new Gcload({ name: 'arm', architecture: 'arm64' })
    await using load = program!.start('churn', '100')
    const { source } = open()
    await using _source = source
    const refused = (target: GoTarget, code: string) =>
      assert.throws(() => source.probe(target), { name: 'EbpfError', code })
    refused({ ...load.target, binary: other.binary }, 'not-found')
    refused({ ...load.target, binary: arm.binary, layout: arm.target(1).layout }, 'unsupported')
    refused({ ...load.target, layout: { ...load.target.layout, minor: 19 } }, 'unsupported')
    assert.deepEqual(held().link, NOTHING.link)
    unlessStrangers(t, () => assert.equal(breakpointCount(load), 0))
    load.go()
    assert.equal(await load.end(), 0)
  })
})
