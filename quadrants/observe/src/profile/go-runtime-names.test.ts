import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, test } from 'node:test'
import { isCollector, isGoOutermost, isGoRuntime } from './go-runtime-names.ts'
import { HotPrograms, NEEDS_GO } from './testing/hot-programs.ts'

const programs = new HotPrograms()
after(() => programs[Symbol.dispose]())

test('the names are those of the runtime that is installed', NEEDS_GO, () => {
  const program = programs.go({}, 'gcload')
  const listing = execFileSync('go', ['tool', 'nm', program], { encoding: 'utf8', maxBuffer: 1 << 28 })
  const names = [...listing.matchAll(/^ *[0-9a-f]+ [tT] (\S+)$/gm)].map(([, name]) => name!)
  const collector = names.filter(isCollector)
  for (const name of [
    'gcBgMarkWorker',
    'gcDrain',
    'gcAssistAlloc',
    'bgsweep',
    'bgscavenge',
    'gcStart',
    'sweepone',
  ])
    assert.ok(collector.includes(`runtime.${name}`), name)
  assert.ok(collector.every((name) => isGoRuntime(name)))
  // The runtime has some 1800 functions: of a table that fits too much this would tell.
  assert.ok(collector.length > 30 && collector.length < 120, collector.join())
  const outermost = new Set(names.filter(isGoOutermost).map((name) => name.replace('.abi0', '')))
  for (const name of ['runtime.goexit', 'runtime.mstart', 'runtime.rt0_go', 'runtime.mcall'])
    assert.ok(outermost.has(name), name)
  assert.ok(names.some((name) => name === 'main.burn' && !isCollector(name) && !isGoRuntime(name)))
})
