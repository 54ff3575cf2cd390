import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameKind, SampleKind } from '@quadrant/proto'
import { oneFrame, type SourceFrame } from './source-frame.ts'
import { WindowBuilder, type WindowSample } from './window-builder.ts'
import { WINDOW_LIMITS, type WindowData } from './window-data.ts'

const frame = (name: string, line = 0): SourceFrame =>
  oneFrame({
    function: name,
    file: 'a.go',
    line,
    module: 'm',
    kind: FrameKind.GO,
    inlined: false,
  })

/** Adds a stack; gives the limit that it met. */
function add(window: WindowBuilder, names: readonly string[], more: Partial<WindowSample> = {}) {
  const node = window.enter(
    0,
    names.map((name) => frame(name)),
  )
  if (node === -1) return window.limit
  const process = { pid: 1, startTicks: 2, startStack: 3 }
  const kind = SampleKind.UNSPECIFIED
  return window.add({ process, node, count: 1, kind, isBroken: false, timeNs: 1.5e9, ...more })
}

/** What the rows of a window say, in words. */
function rows(data: WindowData): string[] {
  const path = (node: number): string[] => {
    if (node === 0) return []
    const parent = data.nodeParent[node - 1]!
    assert.ok(parent < node, 'parents come before children')
    return [...path(parent), data.strings[data.frameFunction[data.nodeFrame[node - 1]!]!]!]
  }
  return Array.from(
    data.sampleNode,
    (node, row) =>
      `${data.processes[data.sampleProcess[row]!]!.pid} ${path(node).join(';')} ${data.sampleOffsetUs[row]} ${data.sampleBroken[row]} ${data.sampleCount[row]}`,
  )
}

test('stacks are one tree, equal ones one row', () => {
  const window = new WindowBuilder(1e9)
  add(window, ['c', 'b', 'a'])
  add(window, ['b', 'a'], { count: 2 })
  add(window, ['c', 'b', 'a'], { count: 3 })
  add(window, ['c', 'b', 'a'], { timeNs: 2.5e9 })
  add(window, ['c', 'b', 'a'], { isBroken: true })
  add(window, [])
  const data = window.finish(11e9, 19)
  assert.deepEqual(rows(data), [
    '1 a;b;c 500000 0 4',
    '1 a;b 500000 0 2',
    '1 a;b;c 1500000 0 1',
    '1 a;b;c 500000 1 1',
    '1  500000 0 1',
  ])
  assert.equal(data.nodeFrame.length, 3)
  assert.equal(data.frameFunction.length, 3)
  assert.equal(data.strings[0], '')
})

test('beyond a limit a stack is left out, and the limit is told', () => {
  const check = (limits: Partial<typeof WINDOW_LIMITS>, expected: string) => {
    const window = new WindowBuilder(0, { ...WINDOW_LIMITS, ...limits })
    assert.equal(add(window, ['a']), undefined)
    assert.equal(add(window, ['b', 'a']), expected)
    assert.equal(add(window, ['a']), undefined)
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
          add(window, stack, { process, count, isBroken })
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
