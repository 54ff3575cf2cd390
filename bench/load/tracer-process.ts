// A tracer in a process of its own, as the agent runs it: polls, ticks once a second, and throws the batches away.
// Lines on standard input, each answered by a line of JSON:
//   on {instruction}   opens it and tells it what to observe
//   off                closes it
//   report             what the agent would report of it
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { createInterface } from 'node:readline'
import { create, fromJson, toBinary, type JsonValue } from '@bufbuild/protobuf'
import { openHostTracer, type HostTracer } from '@quadrant/observe'
import { BatchSchema, InstructionSchema } from '@quadrant/proto'

const POLL_MS = 50
const TICK_MS = 1000

class RunningTracer implements Disposable {
  readonly tracer: HostTracer
  readonly #timers: readonly NodeJS.Timeout[]

  constructor(instruction: string) {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    this.tracer = openHostTracer({ host: hostname(), bootId, source: 'ebpf' })
    this.tracer.configure(
      instruction === ''
        ? create(InstructionSchema)
        : fromJson(InstructionSchema, JSON.parse(instruction) as JsonValue),
    )
    this.#timers = [
      setInterval(() => this.tracer.poll(), POLL_MS),
      // The agent serialises each batch for its journal: that is part of the cost.
      setInterval(() => toBinary(BatchSchema, this.tracer.tick().batch), TICK_MS),
    ]
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.tracer[Symbol.dispose]()
  }
}

let running: RunningTracer | undefined
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...rest] = line.split(' ')
  if (command === 'on' || command === 'off') {
    running?.[Symbol.dispose]()
    running = command === 'on' ? new RunningTracer(rest.join(' ')) : undefined
  }
  process.stdout.write(`${JSON.stringify(command === 'report' ? (running?.tracer.report() ?? {}) : {})}\n`)
}
running?.[Symbol.dispose]()
