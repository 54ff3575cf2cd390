/**
 * Ours as a process of its own, like the peers: `consumer.ts wasm|callback RING_BYTES` reads the ring it inherits as
 * descriptor 3. Commands on stdin, each answered by a line of JSON with thread CPU and totals:
 *
 *     drain COUNT     read that many records, which are there
 *     poll SECONDS    read what comes, woken by epoll
 */
import { createInterface } from 'node:readline'
import { type AggregatePlan, type Groups, openAggregator, openRingBuffer, threadCpuNs } from '@quadrant/ebpf'
import { recordGroups, type Totals } from './record-groups.ts'

const RING_FD = 3
const POLL_MS = 20

/** bpf/record.h: grouped by process, addresses and destination port. */
const PLAN: AggregatePlan = {
  recordBytes: 48,
  key: [
    { offset: 16, bytes: 12 },
    { offset: 42, bytes: 2 },
  ],
  values: [
    { offset: 0, bytes: 8, measures: ['min', 'max'] },
    { offset: 8, bytes: 8, measures: ['sum'] },
    { offset: 28, bytes: 4, measures: ['sum', 'max'] },
    { offset: 32, bytes: 4, measures: ['sum'] },
    { offset: 36, bytes: 4, measures: ['sum'] },
    { offset: 40, bytes: 2, measures: ['max'] },
  ],
  filter: { offset: 44, bytes: 4, oneOf: [1, 2] },
}

interface Consumer {
  drain(): number
  wait(timeoutMs: number): boolean
  take(): Totals
}

function aggregating(ring: { fd: number; maxEntries: number }): Consumer {
  const aggregator = openAggregator(ring, PLAN)
  return {
    drain: () => aggregator.drain(),
    wait: (timeoutMs) => aggregator.wait(timeoutMs),
    take: () => totals(aggregator.take()),
  }
}

function totals(groups: Groups): Totals {
  const sums = new Array<number>(8).fill(0)
  let events = 0
  for (let group = 0; group <= groups.count; group++) {
    if (groups.records(group) === 0) continue
    events += groups.records(group)
    let column = 0
    for (const [index, value] of PLAN.values!.entries())
      for (const measure of value.measures)
        if (measure !== 'log2') sums[column++]! += groups.value(group, index, measure)
  }
  return { events, groups: groups.count, sums }
}

function perRecord(ring: { fd: number; maxEntries: number }): Consumer {
  const reader = openRingBuffer(ring)
  const groups = recordGroups()
  return {
    drain: () => reader.drain(groups.onRecord),
    wait: (timeoutMs) => reader.wait(timeoutMs),
    take: () => groups.take(),
  }
}

const [kind, ringBytes] = process.argv.slice(2)
const ring = { fd: RING_FD, maxEntries: Number(ringBytes) }
const consumer = kind === 'wasm' ? aggregating(ring) : perRecord(ring)

createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, argument] = line.split(' ')
  const start = threadCpuNs()
  if (command === 'drain') {
    for (let left = Number(argument); left > 0;) left -= consumer.drain()
  } else {
    const end = performance.now() + Number(argument) * 1000
    while (performance.now() < end) if (consumer.wait(POLL_MS)) consumer.drain()
    consumer.drain()
  }
  const cpuNs = threadCpuNs() - start
  process.stdout.write(`${JSON.stringify({ cpuNs, ...consumer.take() })}\n`)
})
