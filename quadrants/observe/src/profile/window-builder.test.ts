import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameKind, SampleKind } from '@quadrant/proto'
import type { SourceFrame } from './source-frame.ts'
import { WindowBuilder, type WindowSample } from './window-builder.ts'
import { WINDOW_LIMITS, type WindowData } from './window-data.ts'

const frame = (name: string, line = 0): SourceFrame => ({
  function: name,
  file: 'a.go',
  line,
  module: 'm',
  kind: FrameKind.GO,
  inlined: false,
})

const sample = (names: readonly string[], more: Partial<WindowSample> = {}): WindowSample => ({
  process: { pid: 1, startTicks: 2, startStack: 3 },
  frames: names.map((name) => frame(name)),
  count: 1,
  kind: SampleKind.UNSPECIFIED,
  isBroken: false,
  timeNs: 1.5e9,
  ...more,
})

/** What the rows of a window say, in words. */
function rows(data: WindowData): string[] {
  const path = (node: number): string[] => {
    if (node === 0) return []
    const parent = data.nodeParent[node - 1]!
    assert.ok(parent < node, 'parents come before children')
    return [...path(parent), data.strings[data.frames[data.nodeFrame[node - 1]!]!.function]!]
  }
  return data.sampleNode.map(
    (node, row) =>
      `${data.processes[data.sampleProcess[row]!]!.pid} ${path(node).join(';')} ${data.sampleOffsetUs[row]} ${data.sampleBroken[row]} ${data.sampleCount[row]}`,
  )
}

test('stacks are one tree, equal ones one row', () => {
  const window = new WindowBuilder(1e9)
  window.add(sample(['c', 'b', 'a']))
  window.add(sample(['b', 'a'], { count: 2 }))
  window.add(sample(['c', 'b', 'a'], { count: 3 }))
  window.add(sample(['c', 'b', 'a'], { timeNs: 2.5e9 }))
  window.add(sample(['c', 'b', 'a'], { isBroken: true }))
  window.add(sample([]))
  const data = window.finish(11e9, 19)
  assert.deepEqual(rows(data), [
    '1 a;b;c 500000 0 4',
    '1 a;b 500000 0 2',
    '1 a;b;c 1500000 0 1',
    '1 a;b;c 500000 1 1',
    '1  500000 0 1',
  ])
  assert.equal(data.nodeFrame.length, 3)
  assert.equal(data.frames.length, 3)
  assert.equal(data.strings[0], '')
})

test('beyond a limit a stack is left out, and the limit is told', () => {
  const check = (limits: Partial<typeof WINDOW_LIMITS>, expected: string) => {
    const window = new WindowBuilder(0, { ...WINDOW_LIMITS, ...limits })
    assert.equal(window.add(sample(['a'])), undefined)
    assert.equal(window.add(sample(['b', 'a'])), expected)
    assert.equal(window.add(sample(['a'])), undefined)
    assert.deepEqual(rows(window.finish(1e9, 19)), ['1 a 1500000 0 2'])
  }
  check({ nodes: 1 }, 'nodes')
  check({ frames: 1 }, 'frames')
  check({ samples: 1 }, 'samples')
  check({ stringLength: 1 }, 'stringLength')
})

test('whatever is added comes out again', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 6 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(names, fc.nat(3), fc.integer({ min: 1, max: 9 }), fc.boolean())),
      (stacks) => {
        const window = new WindowBuilder(0)
        const expected = new Map<string, number>()
        for (const [stack, pid, count, isBroken] of stacks) {
          const process = { pid, startTicks: 1, startStack: 1 }
          window.add(sample(stack, { process, count, isBroken }))
          const key = `${pid} ${stack.toReversed().join(';')} 1500000 ${Number(isBroken)}`
          expected.set(key, (expected.get(key) ?? 0) + count)
        }
        assert.deepEqual(
          rows(window.finish(1e9, 19)).toSorted(),
          [...expected].map(([key, count]) => `${key} ${count}`).toSorted(),
        )
      },
    ),
    { seed: 4, numRuns: 300 },
  )
})
