// Becomes an ordinary user, starts a program, then prints what a tracer without root knows of runtimes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openHostTracer } from '../../tracer/open-host-tracer.ts'

const NOBODY = 65534

process.setgroups!([])
process.setgid!(NOBODY)
process.setuid!(NOBODY)
const child = spawn(process.argv[2]!, ['hold'], { stdio: ['pipe', 'pipe', 'inherit'] })
// It has settled.
await once(child.stdout, 'data')
using tracer = openHostTracer({
  host: 'test',
  bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
})
const known = []
let figures
for (let ticks = 0; figures === undefined && ticks < 200; ticks++) {
  await sleep(100)
  tracer.poll()
  const { runtime } = tracer.tick().batch
  known.push(...(runtime?.builds ?? []))
  figures = runtime?.goFigures.find(({ process }) =>
    runtime.processKeys[process]!.startsWith(`${child.pid}@`),
  )
}
child.stdin.end()
process.stdout.write(
  JSON.stringify({
    source: tracer.source,
    blindSpots: tracer.blindSpots,
    builds: known.map(({ runtime, exe }) => ({ runtime, exe })),
    goroutines: figures?.goroutines,
    refused: tracer.report().runtime!.refused.map(({ reason }) => reason),
  }),
)
