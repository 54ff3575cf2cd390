import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { after, test } from 'node:test'
import { StackCounts } from './stack-counts.ts'
import { imageAt, STACK, stackBytes } from './stack-record.ts'
import { HotPrograms, NEEDS_GO, runToEnd } from './testing/hot-programs.ts'

const programs = new HotPrograms()
after(() => programs[Symbol.dispose]())

test(
  'turn by turn each sample is read once: as many as bpftool reads in the counters',
  NEEDS_GO,
  async () => {
    const program = programs.go({}, 'gcload')
    using counts = new StackCounts({ cpuCount: cpus().length, frequencyMaxHz: 999 })
    let taken = 0
    let turns = 0
    const seconds = new Set<number>()
    const pids = new Set<number>()
    const images: number[] = []
    const take = (turn: 0 | 1) => {
      const { stacks, samples } = counts.take(turn)
      taken += samples
      const view = new DataView(stacks)
      let sum = 0
      for (let at = 0; at < view.byteLength; at += stackBytes(view, at)) {
        sum += view.getUint32(at + STACK.count, true)
        pids.add(imageAt(view, at).pid)
        seconds.add(view.getUint32(at + STACK.second, true))
      }
      assert.equal(sum, samples)
      images.push(...counts.takeImages().map(({ pid }) => pid))
      turns++
    }
    const begin = process.hrtime()[0]
    let target
    {
      using _sampler = counts.collection.program('profile_stacks').attachSampler({ frequencyHz: 999 })
      const running = runToEnd([program, 'load', '2'])
      const until = performance.now() + 2000
      while (performance.now() < until) {
        const ended = counts.turn()
        await pause(60)
        take(ended)
      }
      target = await running
    }
    take(0)
    take(1)
    const end = process.hrtime()[0]
    const counters = JSON.parse(
      execFileSync('bpftool', ['-j', 'map', 'dump', 'id', String(counts.collection.map('counters').id)], {
        encoding: 'utf8',
      }),
    ) as { formatted: { key: number; values: { cpu: number; value: number }[] } }[]
    const total = (key: number) => counters[key]!.formatted.values.reduce((sum, { value }) => sum + value, 0)
    const seen = total(0) + total(1)
    const full = total(2) + total(3)
    assert.ok(turns > 10 && seen > 500, `${turns} turns, ${seen} samples`)
    assert.equal(taken + full, seen)
    assert.deepEqual(counts.totals(), { seen, full, lateImages: 0 })
    assert.ok(pids.has(target.pid) && !pids.has(0))
    assert.ok(images.includes(target.pid))
    // Time order is kept at a second's resolution, by CLOCK_MONOTONIC.
    assert.ok([...seconds].every((second) => second >= begin && second <= end))
    assert.ok(seconds.size >= 2)
  },
)
