import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { findProbeSite } from '../machine-code/probe-site.ts'
import { Collection } from '../object/collection.ts'
import { NEEDS_BPF, testSpec } from '../testing/bpf-test.ts'
import { Hotcall, NEEDS_GO } from '../testing/hotcall.ts'
import { measureTrapCost } from './trap-cost.ts'

const skip = (process.arch === 'x64' ? false : 'x86-64 only') || NEEDS_BPF.skip
const skipGo = skip || NEEDS_GO.skip

test('what the kernel emulates costs a fraction of what it must step', { skip }, async (t) => {
  const open = () => readdirSync('/proc/self/fd').length
  const before = open()
  const costs: Record<string, number> = {}
  for (const instruction of ['nop', 'push', 'jump', 'cmp', 'sub', 'ret'] as const)
    costs[instruction] = await measureTrapCost(instruction, { hitCount: 3000 })
  t.diagnostic(`ns a hit: ${JSON.stringify(costs)}`)
  const { nop, push, jump, cmp, sub, ret } = costs as Record<
    'nop' | 'push' | 'jump' | 'cmp' | 'sub' | 'ret',
    number
  >
  assert.ok(Math.min(nop, push, jump) > 50)
  assert.ok(Math.max(nop, push, jump) < Math.min(cmp, sub, ret))
  assert.ok(Math.max(...Object.values(costs)) < 1e6)
  assert.equal(open(), before)
  await assert.rejects(measureTrapCost('nop', { hitCount: 0 }), { code: 'argument' })
})

test(
  'a Go function costs what was measured: at its push rbp a fraction of what its entry costs',
  { skip: skipGo },
  async (t) => {
    const HITS = 20_000
    using hotcall = new Hotcall()
    await using target = hotcall.start()
    const { code, offset } = hotcall.functionNamed('main.framed')
    const site = findProbeSite(code, 'x86-64').value
    assert.deepEqual(site?.place, 'frame')
    using collection = Collection.load(testSpec('uprobes.bpf.o'), { programs: ['on_uprobe_multi'] })
    const program = collection.program('on_uprobe_multi')
    const cheapest = async () =>
      Math.min(await target.call('framed', HITS), await target.call('framed', HITS))
    const hitNs = async (at: number) => {
      const freeNs = await cheapest()
      using _link = program.attachUprobe({
        path: hotcall.program,
        sites: [{ offset: offset + at }],
        pid: target.pid,
      })
      return (await cheapest()) - freeNs
    }
    const pushNs = await hitNs(site.offset)
    const entryNs = await hitNs(0)
    t.diagnostic(`ns a hit of main.framed: push rbp ${pushNs}, entry ${entryNs}`)
    assert.ok(pushNs < entryNs)
    // The program there does more than nothing, and other work on the machine disturbs both.
    for (const [ns, instruction] of [
      [pushNs, 'push'],
      [entryNs, 'sub'],
    ] as const) {
      const measured = await measureTrapCost(instruction)
      assert.ok(
        ns > measured / 3 && ns < measured * 4,
        `${instruction}: ${ns} ns in Go, ${measured} ns measured`,
      )
    }
  },
)
