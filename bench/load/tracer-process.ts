// A tracer in a process of its own, as the agent runs it: polls, ticks once a second, and throws the batches away.
// Lines on standard input: "on {instruction}" and "off"; each is answered by a line of JSON.
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { createInterface } from 'node:readline'
import { create, fromJson, toBinary, type JsonValue } from '@bufbuild/protobuf'
import { openHostTracer, type HostTracer } from '@quadrant/observe'
import { BatchSchema, InstructionSchema } from '@quadrant/proto'

const POLL_MS = 50
const TICK_MS = 1000

let stop: (() => void) | undefined

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...rest] = line.split(' ')
  stop?.()
  stop = command === 'on' ? run(rest.join(' ')) : undefined
  process.stdout.write(`${JSON.stringify({ done: command })}\n`)
}
stop?.()

function run(instruction: string): () => void {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const tracer: HostTracer = openHostTracer({ host: hostname(), bootId, source: 'ebpf' })
  tracer.configure(
    instruction === ''
      ? create(InstructionSchema)
      : fromJson(InstructionSchema, JSON.parse(instruction) as JsonValue),
  )
  const poll = setInterval(() => tracer.poll(), POLL_MS)
  // The agent serialises each batch for its journal: that is part of the cost.
  const tick = setInterval(() => toBinary(BatchSchema, tracer.tick().batch), TICK_MS)
  return () => {
    clearInterval(poll)
    clearInterval(tick)
    tracer[Symbol.dispose]()
  }
}
