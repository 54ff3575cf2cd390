import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { ProfileWindowSchema, type ProfileWindow } from '@quadrant/proto'
import fc from 'fast-check'
import { EPOCH } from '../testing/batch.ts'
import { randomWindow } from '../testing/profiles.ts'
import { ProfileMerge } from './profile-merge.ts'

/** The store's ids of the two processes. */
const IDS = [70, 71]
const WHENEVER = { startNs: 0, endNs: Infinity }

interface Wanted {
  readonly process: number | undefined
  readonly kinds: ReadonlySet<number> | undefined
  readonly range: { readonly startNs: number; readonly endNs: number }
}

/** Each sample in words, with how often: what a person would count by hand. */
function count(windows: readonly ProfileWindow[], wanted: Wanted, withTime: boolean): Map<string, number> {
  const counts = new Map<string, number>()
  for (const window of windows)
    for (const [i, node] of window.sampleNode.entries()) {
      const timeNs = window.startNs + window.sampleOffsetUs[i]! * 1000
      const kind = window.sampleKind[i]!
      if (wanted.process !== undefined && window.sampleProcess[i] !== wanted.process) continue
      if (wanted.kinds && !wanted.kinds.has(kind)) continue
      if (timeNs < wanted.range.startNs || timeNs >= wanted.range.endNs) continue
      const path: string[] = []
      for (let at = node; at !== 0; at = window.nodeParent[at - 1]!)
        path.unshift(window.strings[window.frames[window.nodeFrame[at - 1]!]!.function]!)
      const time = withTime ? Math.round(timeNs / 1e6) : 0
      const words = [window.sampleProcess[i], path.join('>'), kind, window.sampleBroken[i], time].join(' ')
      counts.set(words, (counts.get(words) ?? 0) + window.sampleCount[i]!)
    }
  return counts
}

test('windows merged have the samples that they had one by one', () => {
  const wanted = fc.record({
    process: fc.constantFrom(undefined, 0, 1),
    kinds: fc.constantFrom(undefined, new Set([0]), new Set([1, 2])),
    range: fc.constantFrom(WHENEVER, { startNs: (EPOCH + 5) * 1e9, endNs: (EPOCH + 15) * 1e9 }),
  })
  fc.assert(
    fc.property(fc.array(randomWindow, { maxLength: 8 }), wanted, fc.boolean(), (inits, asked, timeOrder) => {
      const windows = inits.map((init) => create(ProfileWindowSchema, init))
      const merge = new ProfileMerge({
        range: asked.range,
        kinds: asked.kinds,
        timeOrder,
        // What is asked for keeps its index, so that both can be compared.
        indexOf: (id) => {
          const index = IDS.indexOf(id)
          return asked.process === undefined || asked.process === index ? index : undefined
        },
      })
      for (const window of windows) assert.equal(merge.add({ window, processes: IDS }), true)
      const merged = merge.window()
      const everything = { process: undefined, kinds: undefined, range: WHENEVER }
      assert.deepEqual(count([merged], everything, timeOrder), count(windows, asked, timeOrder))
      assert.equal(new Set(merged.strings).size, merged.strings.length)
      const nodes = merged.nodeFrame.map((frame, i) => `${frame} ${merged.nodeParent[i]}`)
      assert.equal(new Set(nodes).size, nodes.length)
      assert.ok(merged.nodeParent.every((parent, i) => parent <= i))
      const offsets = merged.sampleOffsetUs
      assert.ok(offsets.every((offset, i) => i === 0 || offset >= offsets[i - 1]!))
      const total = merged.sampleCount.reduce((sum, one) => sum + one, 0)
      assert.equal(merge.samples, total)
    }),
    { seed: 12, numRuns: 300 },
  )
})

test('in time order what is too far away for its offsets is left out', () => {
  const window = (second: number) =>
    create(ProfileWindowSchema, {
      startNs: (EPOCH + second) * 1e9,
      endNs: (EPOCH + second + 1) * 1e9,
      frequencyHz: 19,
    })
  const merge = new ProfileMerge({ range: WHENEVER, kinds: undefined, timeOrder: true, indexOf: () => 0 })
  const added = [5000, 1000, 0].map((second) => merge.add({ window: window(second), processes: [] }))
  assert.deepEqual(added, [true, true, false])
})

test('a stack as deep as a window may have is walked without recursion', () => {
  const depth = 500_000
  const window = create(ProfileWindowSchema, {
    startNs: 1e9,
    endNs: 2e9,
    frequencyHz: 19,
    strings: ['', 'f'],
    frames: [{ function: 1 }],
    nodeFrame: Array.from({ length: depth }, () => 0),
    nodeParent: Array.from({ length: depth }, (_, i) => i),
    sampleProcess: [0],
    sampleNode: [depth],
    sampleCount: [1],
    sampleKind: [0],
    sampleOffsetUs: [0],
    sampleBroken: [0],
  })
  const merge = new ProfileMerge({ range: WHENEVER, kinds: undefined, timeOrder: false, indexOf: () => 0 })
  merge.add({ window, processes: IDS })
  assert.equal(merge.window().nodeFrame.length, depth)
})
