import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toBinary } from '@bufbuild/protobuf'
import { FrameKind, ProfileWindowSchema, SampleKind } from '@quadrant/proto'
import { toProfileWindow } from './profile-window.ts'
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
  check({ stringBytes: 1 }, 'stringBytes')
})

test('a window with as much as there may be fits into a frame', () => {
  const window = new WindowBuilder(0)
  const met = new Set<string | undefined>()
  // As long as the limit of names allows for so many frames, of characters of three bytes.
  const frames = Array.from({ length: WINDOW_LIMITS.frames + 1 }, (_, i) =>
    frame(`${'\u4e16'.repeat(8)}${i}`, 1e9),
  )
  let node = 0
  const enter = (next: SourceFrame) => {
    const entered = window.enter(node, [next])
    if (entered === -1) met.add(window.limit)
    else node = entered
  }
  for (const next of frames) enter(next)
  while (!met.has('nodes')) enter(frames[frames.length - 2]!)
  for (let i = 0; i <= WINDOW_LIMITS.samples; i++) {
    const process = { pid: 1e6 + (i % WINDOW_LIMITS.processes), startTicks: 2e9, startStack: 1 }
    const kind = SampleKind.RUNTIME
    met.add(window.add({ process, node: node - i, count: 1e6, kind, isBroken: true, timeNs: 9e9 }))
  }
  assert.deepEqual([...met], ['frames', 'nodes', undefined, 'samples'])
  let processCount = 0
  const { window: told } = toProfileWindow(window.finish(1e9, 19), () => processCount++)
  const nameBytes = told.strings.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  assert.ok(nameBytes > 0.85 * WINDOW_LIMITS.stringBytes, `${nameBytes} bytes of names`)
  // Beside it stand the keys of its processes, a number and a time each; a frame has 3.5 MiB.
  const bytes = toBinary(ProfileWindowSchema, told).length + processCount * 40
  assert.ok(bytes < 3.5 * (1 << 20), `${bytes} bytes`)
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
