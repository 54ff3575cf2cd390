import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { FrameKind, SampleKind } from '@quadrant/proto'
import { openProfiler } from './profiler.ts'
import {
  type Finished,
  type GoBuild,
  HotPrograms,
  NEEDS_CLANG,
  NEEDS_GO,
  NEEDS_ROOT,
  runToEnd,
} from './testing/hot-programs.ts'
import {
  hasFrame,
  type ProfileRun,
  profileWhile,
  sampleCount,
  type ToldStack,
} from './testing/profile-run.ts'

const FREQUENCY_HZ = 99
const JS = join(import.meta.dirname, '../../testdata/hotloop.js')

const programs = new HotPrograms()
after(() => programs[Symbol.dispose]())

const of = ({ stacks }: ProfileRun<unknown>, pid: number) => stacks.filter((stack) => stack.pid === pid)
const named = (stacks: readonly ToldStack[], name: string) => stacks.filter((stack) => hasFrame(stack, name))

const describe = (stacks: readonly ToldStack[]) =>
  stacks.map(({ count, frames }) => `${count} ${frames.map((frame) => frame.function).join(';')}`).join('\n')

/** What the kernel counted is what was told and what was lost, at each stage, now that nothing is underway. */
function assertBalanced({ stages, drops, stacks }: ProfileRun<unknown>) {
  const lostAt = (name: string) =>
    drops.filter(({ stage }) => stage === name).reduce((sum, { count }) => sum + count, 0)
  for (const { stage, seen, kept } of stages) assert.equal(seen, kept + lostAt(stage), stage)
  for (const [index, { seen }] of stages.slice(1).entries()) assert.equal(seen, stages[index]!.kept)
  assert.equal(stages.at(-1)!.kept, sampleCount(stacks))
}

/** Nothing was lost, whatever was sampled on the machine meanwhile. */
function assertAllTold(run: ProfileRun<unknown>) {
  assert.deepEqual(run.drops, [])
  assertBalanced(run)
}

/** As many samples as the kernel accounts processor time for, within a tenth and what chance does on a busy machine. */
function assertCount(stacks: readonly ToldStack[], cpuNs: number) {
  const expected = (cpuNs / 1e9) * FREQUENCY_HZ
  const count = sampleCount(stacks)
  assert.ok(
    Math.abs(count - expected) < expected / 10 + 3 * Math.sqrt(expected),
    `${count} samples, ${expected} expected`,
  )
}

const BUILDS: readonly (readonly [name: string, build: GoBuild])[] = [
  ['plain', {}],
  ['-ldflags -s -w', { args: ['-ldflags=-s -w'] }],
  ['stripped', { strip: true }],
  ['pie', { args: ['-buildmode=pie'] }],
  ['cgo', { cgo: true }],
  ['cgo pie stripped', { args: ['-buildmode=pie'], cgo: true, strip: true }],
]

/** All of them at once, under one profile. */
const builds = Promise.withResolvers<ProfileRun<readonly Finished[]>>()
test('Go programs, built in many ways, all at once', NEEDS_GO, async () => {
  const built = BUILDS.map(([, build]) => programs.go(build))
  builds.resolve(profileWhile({}, () => Promise.all(built.map((program) => runToEnd([program, '1500'])))))
  assertAllTold(await builds.promise)
})
for (const [index, [name]] of BUILDS.entries())
  test(
    `a Go program, ${name}: its samples are on its hot function, with the calls to it`,
    NEEDS_GO,
    async () => {
      const run = await builds.promise
      const { pid, stdout } = run.result[index]!
      const stacks = of(run, pid)
      assertCount(stacks, Number(stdout))
      const hot = named(stacks, 'main.hot')
      // On a machine with much else to do Go's scheduler is busy, too: that is told as what it is.
      const own = stacks.filter(({ kind }) => kind !== SampleKind.RUNTIME)
      const others = own.filter((stack) => !hasFrame(stack, 'main.hot'))
      assert.ok(sampleCount(hot) >= 0.95 * sampleCount(own), describe(others))
      assert.ok(sampleCount(hot) >= 0.85 * sampleCount(stacks), describe(stacks))
      const broken = stacks.filter(({ isBroken }) => isBroken)
      assert.ok(sampleCount(broken) <= 0.02 * sampleCount(stacks), JSON.stringify(broken, undefined, 1))
      const user = hot[0]!.frames
        .filter(({ kind }) => kind !== FrameKind.KERNEL)
        .map((frame) => frame.function)
      // A leaf without a frame of its own hides who calls it: one of 21.
      const calls = ['runtime.goexit', 'runtime.main', 'main.main', ...Array<string>(20).fill('main.work')]
      assert.deepEqual(user.slice(0, calls.length), calls)
      const frame = hot[0]!.frames.find((frame) => frame.function === 'main.hot')!
      assert.match(frame.file, /hotloop\/main\.go$/)
      assert.match(frame.module, /^quadrant\.dev\/testprog(?:@|$)/)
      assert.equal(hot[0]!.frames[0]!.module, 'std')
      assert.ok(
        hot.some(({ frames }) => frames.some((frame) => frame.function === 'main.step' && frame.inlined)),
        'inlined calls are told',
      )
      assert.ok(hot.every(({ kind }) => kind === SampleKind.UNSPECIFIED))
    },
  )

test('the collector of a Go program is told apart', NEEDS_GO, async () => {
  const program = programs.go({}, 'gcload')
  const run = await profileWhile({}, () => runToEnd([program, 'load', '2']))
  const stacks = of(run, run.result.pid)
  const collector = stacks.filter(({ kind }) => kind === SampleKind.GC)
  assert.ok(named(collector, 'runtime.gcBgMarkWorker').length > 0)
  assert.ok(named(collector, 'runtime.bgsweep').length > 0)
  const rest = stacks.filter(({ kind }) => kind !== SampleKind.GC)
  assert.deepEqual(named(rest, 'runtime.gcBgMarkWorker'), [])
  const own = stacks.filter(({ kind }) => kind === SampleKind.UNSPECIFIED)
  assert.ok(sampleCount(named(own, 'main.burn')) > 0)
  assert.equal(sampleCount(named(own, 'main.burn')), sampleCount(named(stacks, 'main.burn')))
  for (const stack of stacks.filter(({ kind }) => kind === SampleKind.RUNTIME))
    assert.ok(!stack.frames.some((frame) => frame.function.startsWith('main.')))
})

test(
  'a C program with frame pointers, and beside it one without: its stacks are told to be broken',
  NEEDS_CLANG,
  async () => {
    const withPointers = programs.c('-O1', '-fno-omit-frame-pointer', '-fno-optimize-sibling-calls')
    const without = programs.c('-O2', '-fomit-frame-pointer', '-fno-optimize-sibling-calls')
    const run = await profileWhile({}, () =>
      Promise.all([withPointers, without].map((program) => runToEnd([program, '1500']))),
    )
    assertAllTold(run)
    const [whole, torn] = run.result.map(({ pid }) => of(run, pid))
    assertCount(whole!, Number(run.result[0]!.stdout))
    assertCount(torn!, Number(run.result[1]!.stdout))
    const hot = named(named(whole!, 'hot'), 'main')
    assert.ok(sampleCount(hot) >= 0.95 * sampleCount(whole!), `${sampleCount(hot)} of ${sampleCount(whole!)}`)
    const broken = (stacks: readonly ToldStack[]) => sampleCount(stacks.filter(({ isBroken }) => isBroken))
    assert.ok(
      broken(whole!) <= 0.02 * sampleCount(whole!),
      JSON.stringify(whole!.filter(({ isBroken }) => isBroken)),
    )
    assert.ok(sampleCount(named(torn!, 'hot')) >= 0.95 * sampleCount(torn!))
    assert.ok(broken(torn!) >= 0.95 * sampleCount(torn!), `${broken(torn!)} of ${sampleCount(torn!)}`)
    assert.match(hot[0]!.frames.find((frame) => frame.function === 'hot')!.module, /^chot-\d+$/)
  },
)

test('a Node process with --perf-basic-prof: its own functions, by its perf map', NEEDS_ROOT, async () => {
  const run = await profileWhile({}, () => runNode([]))
  const stacks = of(run, run.result.pid)
  const hot = named(stacks, 'hot')
  // Before it runs the script it starts for some 50 ms, and is slow until it compiled the function.
  assert.ok(sampleCount(hot) >= 0.8 * sampleCount(stacks), describe(stacks))
  const frame = hot[0]!.frames.find((frame) => frame.function === 'hot')!
  assert.equal(frame.kind, FrameKind.JIT)
  assert.match(frame.file, /testdata\/hotloop\.js$/)
  assert.equal(frame.line, 4)
})

test(
  'a Node process that has a file system and numbers of its own, as in a container',
  NEEDS_ROOT,
  async () => {
    const run = await profileWhile({}, () =>
      runNode([
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        'sh',
        '-c',
        'mount -t tmpfs none /tmp && exec "$@"',
        'sh',
      ]),
    )
    const hot = run.stacks.filter(({ frames }) =>
      frames.some(({ file }) => file.endsWith('testdata/hotloop.js')),
    )
    const pids = new Set(hot.map(({ pid }) => pid))
    assert.equal(pids.size, 1)
    assert.notEqual([...pids][0], run.result.pid)
    assert.ok(sampleCount(named(hot, 'hot')) > 50)
  },
)

/**
 * It waits at its end, for longer than a turn of the profiler: its mappings and its map are read when a turn is over, and of
 * a process that has ended neither is there any more.
 */
async function runNode(around: readonly string[]): Promise<Finished> {
  const finished = await runToEnd([...around, process.execPath, '--perf-basic-prof', JS, '1500', '4000'])
  // Node leaves it, and it is read once more when what ran last is put into words.
  after(() => rmSync(`/tmp/perf-${finished.pid}.map`, { force: true }))
  return finished
}

test(
  'a program whose file is gone, and a process that executes another: each stack by what ran then',
  { skip: NEEDS_GO.skip || NEEDS_CLANG.skip },
  async () => {
    const first = programs.go()
    const second = programs.c('-O1', '-fno-omit-frame-pointer', '-fno-optimize-sibling-calls')
    const gone = join(programs.folder, 'gone')
    copyFileSync(first, gone)
    const run = await profileWhile({}, async () => {
      const finished = runToEnd([gone, '700', second, '1400'])
      setTimeout(() => rmSync(gone), 100)
      return finished
    })
    const stacks = of(run, run.result.pid)
    const before = named(stacks, 'main.hot')
    const since = named(stacks, 'hot')
    assert.ok(sampleCount(before) > 30 && sampleCount(since) > 30, describe(stacks))
    const known = stacks.filter(({ frames }) => frames.some((frame) => frame.function !== '[unknown]'))
    assert.ok(sampleCount(known) >= 0.95 * sampleCount(stacks), describe(stacks))
    assert.deepEqual(named(before, 'hot'), [])
    // Wall clocks are told to the millisecond, and each turn looks at them anew.
    const CLOCK_NS = 5e6
    const [end, begin] = [
      Math.max(...before.map(({ timeNs }) => timeNs)),
      Math.min(...since.map(({ timeNs }) => timeNs)),
    ]
    assert.ok(end <= begin + CLOCK_NS, `${end} ${begin}`)
  },
)

test('the rate changes while it runs: each window has one', NEEDS_GO, async () => {
  const program = programs.go()
  const run = await profileWhile({}, async (configure) => {
    configure(19)
    const finished = runToEnd([program, '2000'])
    setTimeout(() => configure(99), 1000)
    return finished
  })
  assertAllTold(run)
  const rates = run.windows.map(({ frequencyHz }) => frequencyHz)
  assert.equal(rates.filter((rate) => rate === 19).length, 1)
  assert.equal(rates.at(-1), 99)
  for (const [index, window] of run.windows.entries()) {
    if (index > 0) assert.ok(window.startNs >= run.windows[index - 1]!.endNs)
    const lengthUs = (window.endNs - window.startNs) / 1000
    // The middle of a second, of which the window may have the end or the beginning.
    assert.ok(window.sampleOffsetUs.every((offset) => offset <= lengthUs + 500_000))
  }
})

test('with too few places for stacks, what is lost is counted', NEEDS_GO, async () => {
  const program = programs.go({}, 'gcload')
  const run = await profileWhile({ stackPlaces: 4 }, () => runToEnd([program, 'load', '1']))
  const lost = run.drops.find(({ stage, reason }) => stage === 'profile.kernel' && reason === 'map full')!
  assert.ok(lost.count > 0)
  assertBalanced(run)
})

test('when it is disposed of nothing of it is left in the kernel', NEEDS_ROOT, async () => {
  const KINDS = ['link', 'prog', 'map'] as const
  /** Ids of what our descriptors hold. */
  const held = (kind: (typeof KINDS)[number]) =>
    readdirSync('/proc/self/fdinfo').flatMap((fd) => {
      try {
        const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')
        return new RegExp(`^${kind}_id:\\s*(\\d+)$`, 'm').exec(info)?.[1] ?? []
      } catch {
        return []
      }
    })
  const living = (kind: string) =>
    (JSON.parse(execFileSync('bpftool', ['-j', kind, 'show'], { encoding: 'utf8' })) as { id: number }[]).map(
      ({ id }) => String(id),
    )
  let ids: readonly (readonly string[])[]
  {
    using _profiler = openProfiler()
    ids = KINDS.map(held)
    assert.ok(ids.every(({ length }) => length > 0))
    for (const [index, kind] of KINDS.entries()) {
      const all = living(kind)
      assert.ok(ids[index]!.every((id) => all.includes(id)))
    }
  }
  for (const [index, kind] of KINDS.entries()) {
    assert.deepEqual(held(kind), [])
    // Ids are not given twice. The kernel frees what nobody holds after its grace periods, which other work delays.
    const left = () => new Set(living(kind)).intersection(new Set(ids[index]))
    for (let waits = 0; left().size > 0 && waits < 100; waits++) await pause(50)
    assert.deepEqual([...left()], [])
  }
})
