// A tracer on this very machine, and real Go programs that say themselves what they did.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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

/** Waits until a process is probed. */
async function probed(host: WatchedHost, process: GcloadProcess): Promise<string> {
  const key = host.key(process.pid)
  await host.until(`${key} is probed`, () => isProbed(process))
  return key
}

/** Whether there are breakpoints in a process's code, as its own memory has it. */
function isProbed({ pid, target }: GcloadProcess): boolean {
  using memory = openGoMemory('/proc', pid, target.binary.image.source)
  return gcPlaces(target).places.every(({ address }) => memory.read(address + memory.bias, 1)[0] === BREAKPOINT)
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
