// Who is probed, with a source that places nothing: what real probes do is in runtime-truth.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EbpfError } from '@quadrant/ebpf'
import { exeKey, type ExeKey } from './exe-file.ts'
import type { GoProcess } from './go-process.ts'
import type { GoTarget } from './go-target.ts'
import type { ProbeCounts, ProbeSource } from './process-probes.ts'
import { ProbeKeeper } from './probe-keeper.ts'

/** A process that is there, and executes what it executes: this one. */
function processOf(name: string, key: ExeKey = exeKey('/proc', process.pid), settledNs = 0): GoProcess {
  return {
    target: { pid: process.pid, key: name, path: `/file/${name}` },
    file: { key },
    program: { settledNs },
    search: undefined,
  } as unknown as GoProcess
}

function setUp(options: { probed?: number; problem?: () => EbpfError | undefined } = {}) {
  let nowNs = 1e9
  const attached: string[] = []
  const events: string[] = []
  const counts = new Map<string, ProbeCounts>()
  const source = {
    probe(target: GoTarget) {
      const problem = options.problem?.()
      if (problem) throw problem
      attached.push(target.key)
      return {
        target,
        probeCount: 5,
        counts: () => counts.get(target.key) ?? { hits: 0, trapNs: 0, programNs: 0 },
        [Symbol.dispose]: () => void attached.splice(attached.indexOf(target.key), 1),
      }
    },
  } satisfies ProbeSource
  const keeper = new ProbeKeeper(source, {
    what: 'gc',
    clock: { epochNs: () => nowNs, monotonicNs: () => nowNs },
    procRoot: '/proc',
    processors: 2,
    probed: options.probed,
    onTooDear: ({ target }, { hits }) => void events.push(`${target.key}: ${hits} hits`),
    onUnsupported: ({ target }, reason) => void events.push(`${target.key}: ${reason}`),
  })
  const work = (turns = 20) => {
    for (; turns > 0; turns--) keeper.work((nowNs += 1e8))
  }
  return { keeper, attached, events, counts, work }
}

test('as many as the limit are probed, the others when there is room', () => {
  const { keeper, attached, work } = setUp({ probed: 2 })
  const processes = ['a', 'b', 'c', 'd'].map((name) => processOf(name))
  for (const process of processes) keeper.add(process)
  work()
  assert.deepEqual(attached, ['a', 'b'])
  assert.deepEqual([keeper.probedCount, keeper.probeCount], [2, 10])
  assert.deepEqual(keeper.refused(), [{ reason: 'limit', count: 2 }])
  keeper.remove(processes[0]!)
  keeper.remove(processes[2]!)
  work()
  assert.deepEqual(attached, ['b', 'd'])
  assert.deepEqual(keeper.refused(), [])
  keeper[Symbol.dispose]()
  assert.deepEqual(attached, [])
})

test('one turn places one at least, and no more than there is time for', () => {
  const { keeper, attached } = setUp()
  for (const name of ['a', 'b', 'c']) keeper.add(processOf(name))
  keeper.work(0)
  assert.deepEqual(attached, ['a'])
})

test('off takes all away, on places them again', () => {
  const { keeper, attached, work } = setUp()
  for (const name of ['a', 'b']) keeper.add(processOf(name))
  work()
  keeper.configure({ isOff: true, shareMax: 0 })
  work()
  assert.deepEqual(attached, [])
  assert.deepEqual(keeper.refused(), [{ reason: 'off', count: 2 }])
  keeper.configure({ isOff: false, shareMax: 0.02 })
  work()
  assert.deepEqual([attached, keeper.shareMax], [['a', 'b'], 0.02])
})

test('a process that executes another program meanwhile is not probed', () => {
  const { keeper, attached, events, work } = setUp()
  keeper.add(processOf('a', '1:2:3:4'))
  work()
  assert.deepEqual([attached, events, keeper.refused()], [[], [], []])
})

test('what costs too much is detached, and not probed again as the same process', () => {
  const { keeper, attached, events, counts, work } = setUp()
  const dear = processOf('dear')
  keeper.add(dear)
  keeper.add(processOf('cheap'))
  work(5)
  counts.set('dear', { hits: 1e6, trapNs: 1e9, programNs: 1e9 })
  counts.set('cheap', { hits: 12, trapNs: 12e3, programNs: 12e3 })
  work(3)
  assert.deepEqual([attached, events], [['cheap'], ['dear: 1000000 hits']])
  assert.deepEqual(keeper.refused(), [{ reason: 'cost', count: 1 }])
  keeper.remove(dear)
  keeper.add(processOf('dear'))
  work()
  assert.deepEqual([attached, keeper.refused()], [['cheap'], [{ reason: 'cost', count: 1 }]])
})

test('why there are no probes', () => {
  const codes = ['unsupported', 'system'] as const
  const problems = codes.map((code) => new EbpfError(code, `/file/${code}: will not do`))
  const { keeper, events, work } = setUp({ problem: () => problems.shift() })
  for (const code of codes) keeper.add(processOf(code))
  work()
  assert.deepEqual(events, ['unsupported: will not do'])
  assert.deepEqual([keeper.refused(), keeper.problem], [[{ reason: 'failed', count: 1 }], 'will not do'])
})

test('what began a moment ago is probed when it has lived for a while', () => {
  const { keeper, attached, work } = setUp()
  const key = exeKey('/proc', process.pid)
  const brief = processOf('brief', key, 1.3e9)
  for (const one of [brief, processOf('long', key, 1.3e9), processOf('old')]) keeper.add(one)
  work(2)
  assert.deepEqual([attached, keeper.refused()], [['old'], []])
  keeper.remove(brief)
  work(2)
  assert.deepEqual(attached, ['old', 'long'])
})

test('where the source has no room a process waits until there is some', () => {
  const problems = Array.from({ length: 3 }, () => new EbpfError('limit', 'full'))
  const { keeper, attached, work } = setUp({ problem: () => problems.shift() })
  for (const name of ['a', 'b']) keeper.add(processOf(name))
  work(2)
  assert.deepEqual([attached, keeper.refused()], [[], [{ reason: 'limit', count: 2 }]])
  work()
  assert.deepEqual([attached.toSorted(), keeper.refused()], [['a', 'b'], []])
})
