import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuSeconds } from '../load/cpu.ts'

/** After its start, so that what it opens is not in the slice. */
const SETTLE_MS = 1000

/** What perf took, in shares of a processor for as long as it recorded. */
export interface PerfSlice {
  /** To write samples into a file. */
  readonly record: number
  /** And to put them into words afterwards. */
  readonly words: number
}

/** Whether `perf record` works here: it comes with a kernel, and other ones may not please it. */
export function hasPerf(): boolean {
  const done = spawnSync('perf', ['record', '-e', 'cpu-clock', '-o', '/dev/null', 'true'], {
    stdio: 'ignore',
  })
  return done.status === 0
}

/** `perf record -F HZ -a -g` while something runs, then `perf script` over what it wrote. */
export async function perfSlice(frequencyHz: number, run: () => Promise<unknown>): Promise<PerfSlice> {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-perf-'))
  try {
    const file = join(folder, 'perf.data')
    const options = ['-F', String(frequencyHz), '-e', 'cpu-clock', '-a', '-g', '--no-buildid', '-o', file]
    const perf = spawn('perf', ['record', ...options], { stdio: 'ignore' })
    const exited = once(perf, 'exit')
    await pause(SETTLE_MS)
    const begin = performance.now()
    const before = cpuSeconds([perf.pid!])
    await run()
    const seconds = cpuSeconds([perf.pid!]) - before
    const recordedSeconds = (performance.now() - begin) / 1000
    perf.kill('SIGINT')
    await exited
    // It wrote for as long as it settled, too.
    const share = recordedSeconds / (recordedSeconds + SETTLE_MS / 1000)
    return {
      record: seconds / recordedSeconds,
      words: (seconds + scriptSeconds(file) * share) / recordedSeconds,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Processor time of `perf script`, as the shell counts it. */
function scriptSeconds(file: string): number {
  const command = 'perf script -i "$1" -F comm,pid,time,ip,sym,dso >/dev/null 2>&1; times'
  const output = execFileSync('bash', ['-c', command, 'bash', file], { encoding: 'utf8' })
  return [...output.split('\n')[1]!.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  )
}
