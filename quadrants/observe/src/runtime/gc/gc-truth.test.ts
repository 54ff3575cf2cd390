import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GcCycle, GcTrigger, type WorldStop } from '@quadrant/proto'
import { systemClock } from '../../discover/host-clock.ts'
import { openGcSource } from './bpf-gc-source.ts'
import type { GoBuild } from '../testing/built-program.ts'
import { TOOLCHAINS, WITH_ALL_TOOLCHAINS } from '../testing/toolchains.ts'
import { Gcload, NEEDS_PROBES } from './testing/gcload.ts'
import type { TracedCycle, TracedPause } from './testing/gc-trace.ts'

const VARIANTS: readonly GoBuild[] = [
  { name: 'plain' },
  { name: '-s -w', args: ['-ldflags=-s -w'] },
  { name: 'stripped', strip: true },
  { name: 'pie', args: ['-buildmode=pie'] },
  { name: 'cgo', cgo: true },
  ...(WITH_ALL_TOOLCHAINS ? [{ name: 'unoptimised', args: ['-gcflags=all=-N -l'] }] : []),
]

const RUN_WITH = WITH_ALL_TOOLCHAINS ? TOOLCHAINS : ['local']

const MIB = 1 << 20

/** One line for each build. */
const table: string[] = []
const PAUSE_DIFFERENCE_MS = 0.05

for (const toolchain of RUN_WITH)
  for (const variant of VARIANTS)
    test(
      `${toolchain} ${variant.name}: cycles, pauses and heaps are those that gctrace prints`,
      NEEDS_PROBES,
      async () => {
        using program = new Gcload({ ...variant, toolchain })
        await using load = program.start('churn', '400')
        const cycles: GcCycle[] = []
        const stops: WorldStop[] = []
        await using source = openGcSource({
          sink: { cycle: (_, cycle) => cycles.push(cycle), stop: (_, stop) => stops.push(stop) },
          clock: systemClock,
        })
        source.probe(load.target)
        load.go()
        while (load.isRunning) {
          source.poll()
          await sleep(5)
        }
        assert.equal(await load.end(), 0)
        source.poll()
        const { traced } = load
        assert.ok(traced.length > 1, `${traced.length} cycles`)
        assert.equal(cycles.length, traced.length)
        assert.equal(cycles.length, load.report.numGC)
        assert.deepEqual(
          source.drops().filter(({ count }) => count > 0),
          [],
        )
        const differencesMs = {
          sweep: medianOf(cycles, (cycle, i) =>
            outside(cycle.sweepTerminationNs / 1e6, traced[i]!.sweepTermination),
          ),
          mark: medianOf(cycles, (cycle, i) =>
            outside(cycle.markTerminationNs / 1e6, traced[i]!.markTermination),
          ),
          both: medianOf(
            cycles.slice(-load.report.pausesNs.length),
            (cycle, i) =>
              Math.abs(cycle.sweepTerminationNs + cycle.markTerminationNs - load.report.pausesNs[i]!) / 1e6,
          ),
        }
        const { sweep, mark, both } = differencesMs
        table.push(
          [
            program.goVersion.padEnd(10),
            variant.name.padEnd(11),
            String(cycles.length).padStart(4),
            String(traced.length).padStart(4),
            ...[sweep, mark, both].map((ms) => ms.toFixed(4).padStart(8)),
          ].join('  '),
        )
        for (const [pause, ms] of Object.entries(differencesMs))
          assert.ok(ms <= PAUSE_DIFFERENCE_MS, `${pause}: ${ms} ms`)
        for (const [i, cycle] of cycles.entries()) checkFigures(cycle, traced[i]!)
        for (const [i, line] of traced.slice(1).entries()) {
          // The program lifts its limit at its end. A trigger that comes late raises a goal.
          if (isUnlimited(line)) continue
          const { nextHeapGoalBytes } = cycles[i]!
          assert.ok(nextHeapGoalBytes > 0 && Math.floor(nextHeapGoalBytes / MIB) <= line.goalMb)
        }
        assert.deepEqual(
          cycles.map(({ trigger }) => trigger === GcTrigger.FORCED),
          traced.map(({ isForced }) => isForced),
        )
        // The report at the program's end stops the world, too.
        const reason = load.target.layout.stopReasons === undefined ? '' : 'read mem stats'
        assert.equal(stops.at(-1)?.reason, reason)
        assert.ok(stops.every(({ durationNs }) => durationNs > 0))
      },
    )

test('the table: cycles seen and traced, medians of differences in ms: first pause, second, both to MemStats', (t) => {
  for (const line of table) t.diagnostic(line)
})

function medianOf(cycles: readonly GcCycle[], value: (cycle: GcCycle, index: number) => number): number {
  const all = cycles.map(value).sort((a, b) => a - b)
  return all[all.length >> 1]!
}

/** By how much a pause is shorter or longer than what was traced. */
function outside(ms: number, { leastMs, mostMs }: TracedPause): number {
  return Math.max(0, leastMs - ms, ms - mostMs)
}

function isUnlimited({ goalMb }: TracedCycle): boolean {
  return goalMb > Number.MAX_SAFE_INTEGER / MIB
}

function checkFigures(cycle: GcCycle, line: TracedCycle): void {
  const mb = (bytes: number) => Math.floor(bytes / MIB)
  assert.deepEqual(
    {
      number: cycle.number,
      heapStartMb: mb(cycle.heapStartBytes),
      heapEndMb: mb(cycle.heapEndBytes),
      heapLiveMb: mb(cycle.heapLiveBytes),
      goalMb: mb(cycle.heapGoalBytes),
      procs: cycle.gomaxprocs,
    },
    {
      number: line.number,
      heapStartMb: line.heapStartMb,
      heapEndMb: line.heapEndMb,
      heapLiveMb: line.heapLiveMb,
      goalMb: isUnlimited(line) ? 0 : line.goalMb,
      procs: line.procs,
    },
  )
  const near = (ns: number, ms: number) => Math.abs(ns / 1e6 - ms) <= Math.max(0.01, ms * 0.1)
  assert.ok(near(cycle.assistNs, line.assistMs), `assist ${cycle.assistNs} ns, ${line.assistMs} ms`)
  assert.ok(near(cycle.dedicatedNs, line.dedicatedMs), `${cycle.dedicatedNs} ns, ${line.dedicatedMs} ms`)
  assert.ok(near(cycle.idleNs, line.idleMs), `idle ${cycle.idleNs} ns, ${line.idleMs} ms`)
}
