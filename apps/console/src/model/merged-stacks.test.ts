import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SampleKind } from '@quadrant/proto'
import type { CallTree } from './call-tree.ts'
import { madeWindow, randomSamples, type MadeSample } from './made-stacks.fixture.ts'
import { mergeStacks } from './merged-stacks.ts'
import { readStacks } from './stack-profile.ts'

/** Self and total by path, from the tree. */
function pathsOf(tree: CallTree): Map<string, [self: number, total: number]> {
  const names: string[] = []
  const paths = new Map<string, [number, number]>()
  tree.func.forEach((func, node) => {
    const name = `${tree.inlined[node] ? '+' : ''}${tree.functions[func]!.module}/${tree.functions[func]!.name}`
    const parent = tree.parent[node]!
    names.push(parent < 0 ? name : `${names[parent]} ${name}`)
    assert.ok(!paths.has(names[node]!), `${names[node]} is there twice`)
    paths.set(names[node]!, [tree.self[node]!, tree.total[node]!])
  })
  return paths
}

/** The same by hand: each sample adds to each beginning of its stack. */
function expectedPaths(samples: readonly MadeSample[], prefix: (sample: MadeSample) => string[]) {
  const paths = new Map<string, [number, number]>()
  for (const sample of samples) {
    const stack = [...prefix(sample), ...sample.stack.map((text) => text.replace(/:\d+$/, ''))]
    stack.forEach((_, i) => {
      const key = stack.slice(0, i + 1).join(' ')
      const [self, total] = paths.get(key) ?? [0, 0]
      const count = sample.count ?? 1
      paths.set(key, [self + (i === stack.length - 1 ? count : 0), total + count])
    })
  }
  return paths
}

const sorted = <T>(map: Map<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))

test('the tree has each path once, with the samples that a recount has', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const samples = randomSamples(seed, 200)
    const broken = ({ stack, broken: isBroken }: MadeSample) =>
      stack.length === 0 ? ['/(no stack)'] : isBroken ? ['/(broken stack)'] : []
    const profile = readStacks(madeWindow(samples))
    assert.equal(profile.malformedCount, 0)
    const tree = mergeStacks(profile)
    assert.deepEqual(sorted(pathsOf(tree)), sorted(expectedPaths(samples, broken)))
    assert.equal(
      tree.weight,
      samples.reduce((sum, { count = 1 }) => sum + count, 0),
    )
    const ofKind = mergeStacks(profile, { kinds: ['gc'] })
    const some = samples.filter(({ kind }) => kind === SampleKind.GC)
    assert.deepEqual(sorted(pathsOf(ofKind)), sorted(expectedPaths(some, broken)))
    const apart = mergeStacks(profile, { processName: (process) => `p${process}` })
    assert.deepEqual(
      sorted(pathsOf(apart)),
      sorted(expectedPaths(samples, (sample) => [`/p${sample.process}`, ...broken(sample)])),
    )
  }
})

test('a function at several lines is one, and keeps the line of most samples', () => {
  const tree = mergeStacks(
    readStacks(madeWindow([{ stack: ['main:3', 'work:9'] }, { stack: ['main:4', 'work:7'], count: 5 }])),
  )
  assert.deepEqual([...tree.line], [4, 7])
  assert.deepEqual([...tree.total], [6, 6])
})

test('what leads nowhere is left out and counted', () => {
  const window = madeWindow([{ stack: ['main', 'work'] }, { stack: ['main'] }])
  window.nodeParent[0] = 2
  window.sampleNode.push(77, 0)
  const profile = readStacks(window)
  // The root whose parent would come after it, its child, and the samples of both; one sample of no node at all.
  assert.equal(profile.malformedCount, 5)
  assert.deepEqual(sorted(pathsOf(mergeStacks(profile))), [['/(no stack)', [1, 1]]])
})
