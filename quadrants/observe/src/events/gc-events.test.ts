// A Go program on this machine's kernel: what is told must be what its own runtime prints with GODEBUG=gctrace=1.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Gcload, NEEDS_PROBES } from '../runtime/gc/testing/gcload.ts'
import { openGcEvents, type GcEvent } from './gc-events.ts'

const program = NEEDS_PROBES.skip ? undefined : new Gcload({ name: 'events' })
after(() => program?.[Symbol.dispose]())

const TRAP_COSTS = { emulated: 1000, stepped: 5000 }

describe('collections as events', NEEDS_PROBES, () => {
  for (const [name, options] of [
    ['woken', {}],
    ['that spins', { spinMs: 5 }],
  ] as const)
    test(`a reader ${name} tells each cycle of the watched process, and nobody polls`, async () => {
      await using load = program!.start('churn', '150')
      await using other = program!.start('churn', '150')
      const events: GcEvent[] = []
      await using source = openGcEvents((event) => events.push(event), { ...options, trapCosts: TRAP_COSTS })
      using probes = source.watch(load.pid)
      assert.equal(probes.target.pid, load.pid)
      assert.match(probes.target.key, new RegExp(`^${load.pid}@[1-9]`))
      load.go()
      other.go()
      assert.equal(await load.end(), 0)
      const cycles = () => events.flatMap((event) => (event.kind === 'cycle' ? [event.cycle] : []))
      for (let i = 0; i < 200 && cycles().length !== load.traced.length; i++) await sleep(10)
      assert.deepEqual(
        cycles().map(({ number }) => number),
        load.traced.map(({ number }) => number),
      )
      assert.ok(events.every(({ pid }) => pid === load.pid))
      assert.ok(source.poll() >= 8 * cycles().length)
      assert.ok(source.drops().every(({ count }) => count === 0))
    })

  test('a process that is none, or no Go program, is refused', async () => {
    await using source = openGcEvents(() => undefined, { trapCosts: TRAP_COSTS })
    assert.throws(() => source.watch(process.pid), { name: 'EbpfError', code: 'unsupported' })
    const ended = spawn('true')
    await new Promise((resolve) => ended.on('exit', resolve))
    assert.throws(() => source.watch(ended.pid!), { name: 'EbpfError', code: 'not-found' })
  })
})
