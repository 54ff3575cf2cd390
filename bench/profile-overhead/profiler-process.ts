// The profiler in a process of its own, as the agent runs it: polls, takes windows once a second, encodes them and
// throws them away. Lines on standard input, each answered by a line of JSON:
//   on HZ     opens it
//   rate HZ   changes its rate: what it knows of programs stays
//   off       closes it
//   idle      the same timers, and no profiler
//   report    nanoseconds that the kernel program took since it was opened, its runs, and the profiler's own figures
import { createInterface } from 'node:readline'
import { toBinary } from '@bufbuild/protobuf'
import { enableProgramStats } from '@quadrant/ebpf'
import { openProfiler, type Profiler } from '@quadrant/observe'
import { ProfileWindowSchema } from '@quadrant/proto'

const POLL_MS = 100
const TICK_MS = 1000

class RunningProfiler implements Disposable {
  readonly profiler: Profiler
  windows = 0
  bytes = 0
  readonly #stats = enableProgramStats()
  readonly #timers: readonly NodeJS.Timeout[]

  constructor(frequencyHz: number) {
    const profiler = openProfiler({ frequencyHz })
    this.profiler = profiler
    const keys = new Map<string, number>()
    this.#timers = [
      setInterval(() => profiler.poll(), POLL_MS),
      setInterval(() => {
        const windows = profiler.take(Date.now() * 1e6, ({ pid, startTicks }) => {
          const key = `${pid}@${startTicks}`
          if (!keys.has(key)) keys.set(key, keys.size)
          return keys.get(key)!
        })
        this.windows += windows.length
        // The agent writes each batch into its journal: that is part of the cost.
        for (const window of windows) this.bytes += toBinary(ProfileWindowSchema, window).length
      }, TICK_MS),
    ]
  }

  report() {
    const { programs, ...figures } = this.profiler.report()
    const runs = programs.reduce((sum, program) => sum + program.runs, 0)
    const runNs = programs.reduce((sum, program) => sum + program.runNs, 0)
    return { runs, runNs, windows: this.windows, bytes: this.bytes, ...figures, drops: this.profiler.drops() }
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.profiler[Symbol.dispose]()
    this.#stats[Symbol.dispose]()
  }
}

let running: RunningProfiler | undefined
const idle = () => undefined
for await (const line of createInterface({ input: process.stdin })) {
  const [command, frequencyHz] = line.split(' ')
  if (command === 'on' || command === 'off') {
    running?.[Symbol.dispose]()
    running = command === 'on' ? new RunningProfiler(Number(frequencyHz)) : undefined
  }
  if (command === 'idle') for (const ms of [POLL_MS, TICK_MS]) setInterval(idle, ms).unref()
  if (command === 'rate') running?.profiler.configure({ frequencyHz: Number(frequencyHz) })
  process.stdout.write(`${JSON.stringify(command === 'report' ? (running?.report() ?? {}) : {})}\n`)
}
running?.[Symbol.dispose]()
