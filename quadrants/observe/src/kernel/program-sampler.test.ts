import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { EbpfError } from '@quadrant/ebpf'
import { ProgramSampler } from './program-sampler.ts'
import type { ProgramReport } from './programs.ts'
import { RecordLog } from './record-log.ts'
import { openKernelSource } from './source.ts'

const S = 1e9
const skip = process.getuid?.() !== 0 && 'needs root to load BPF programs'

/** Descriptors that have the kernel count: what the kernel itself says about who keeps it on. */
function statsHeld(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('bpf-stats')
    } catch {
      return false
    }
  }).length
}

test('a second in every thirty, the first soon after the start', () => {
  const on: number[] = []
  let second = 0
  let held = 0
  using sampler = new ProgramSampler(() => [], {
    enable() {
      held++
      return { [Symbol.dispose]: () => void held-- }
    },
  })
  for (; second < 100; second++) {
    sampler.tick(1000 * S + second * S)
    assert.equal(held, sampler.isRunning ? 1 : 0)
    if (sampler.isRunning) on.push(second)
  }
  assert.deepEqual(on, [2, 32, 62, 92])
})

test('what programs did meanwhile, and only of those that were there all the time', () => {
  const program = (id: number, runs: number): ProgramReport => ({
    id,
    name: `p${id}`,
    attach: '',
    runs,
    runNs: runs * 100,
    missed: 0,
  })
  let programs = [program(1, 1000), program(2, 5)]
  using sampler = new ProgramSampler(() => programs, { enable: () => ({ [Symbol.dispose]: () => {} }) })
  for (const second of [0, 1, 2]) sampler.tick(second * S)
  assert.equal(sampler.last, undefined)
  programs = [program(1, 1800), program(3, 70)]
  sampler.tick(2.5 * S)
  assert.equal(sampler.last, undefined)
  sampler.tick(3.2 * S)
  assert.deepEqual(sampler.last, {
    endNs: 3.2 * S,
    lengthNs: 1.2 * S,
    programs: new Map([[1, { runs: 800, runNs: 80_000 }]]),
  })
})

test('a kernel that refuses is asked again at the next sample', () => {
  let refuse = true
  using sampler = new ProgramSampler(() => [], {
    enable() {
      if (refuse) throw new EbpfError('permission', 'count program runs: not permitted')
      return { [Symbol.dispose]: () => {} }
    },
  })
  for (let second = 0; second <= 31; second++) sampler.tick(second * S)
  assert.equal(sampler.problem?.code, 'permission')
  refuse = false
  for (let second = 32; second <= 33; second++) sampler.tick(second * S)
  assert.equal(sampler.problem, undefined)
  assert.equal(sampler.last?.lengthNs, S)
})

test('the kernel times each run while it is asked to, and is not asked any longer', { skip }, async () => {
  using source = openKernelSource(new RecordLog(), { namespaces: [] })
  const programs = () => source.report().programs
  const heldBefore = statsHeld()
  using sampler = new ProgramSampler(programs)
  for (const second of [0, 1, 2]) sampler.tick(second * S)
  assert.equal(statsHeld(), heldBefore + 1)
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  for (let i = 0; i < 20; i++) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume()
    await once(socket, 'close')
  }
  server.close()
  sampler.tick(3 * S)
  assert.equal(statsHeld(), heldBefore)
  const states = programs().find(({ name }) => name === 'tcp_state')!
  const sampled = sampler.last?.programs.get(states.id)
  // Each connection changes its state at both ends: opened, established, closed.
  assert.ok(sampled && sampled.runs >= 20 * 6, JSON.stringify(sampled))
  assert.ok(sampled.runNs / sampled.runs > 10 && sampled.runNs / sampled.runs < 100_000)
})
