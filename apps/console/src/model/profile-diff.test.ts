import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layoutLeftHeavy } from './flame-layout.ts'
import { madeWindow, randomSamples, type MadeSample } from './made-stacks.fixture.ts'
import { mergeStacks } from './merged-stacks.ts'
import { deltaText, diffTrees, shareChange } from './profile-diff.ts'
import { readStacks } from './stack-profile.ts'

const treeOf = (samples: readonly MadeSample[]) => mergeStacks(readStacks(madeWindow(samples)))

/** Samples of each side by path, recounted from the stacks. */
function recount(samples: readonly MadeSample[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { stack, count = 1 } of samples)
    stack.forEach((_, i) => {
      const key = stack
        .slice(0, i + 1)
        .map((text) => text.replace(/:\d+$/, ''))
        .join(' ')
      sums.set(key, (sums.get(key) ?? 0) + count)
    })
  return sums
}

test('each path has the samples of both sides, and is as wide as both shares', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const whole = (list: MadeSample[]) => list.filter(({ stack, broken }) => stack.length > 0 && !broken)
    const [a, b] = [whole(randomSamples(seed, 90)), whole(randomSamples(seed + 100, 160))]
    const diff = diffTrees(treeOf(a), treeOf(b))
    const { totalA, totalB, weightA, weightB } = diff.compared!
    const [countA, countB] = [recount(a), recount(b)]
    const names: string[] = []
    diff.func.forEach((func, node) => {
      const { module, name } = diff.functions[func]!
      const own = `${diff.inlined[node] ? '+' : ''}${module}/${name}`
      const parent = diff.parent[node]!
      names.push(parent < 0 ? own : `${names[parent]} ${own}`)
      assert.equal(totalA[node], countA.get(names[node]!) ?? 0)
      assert.equal(totalB[node], countB.get(names[node]!) ?? 0)
      const width = totalA[node] / weightA + totalB[node] / weightB
      assert.ok(Math.abs(diff.total[node]! - width) < 1e-9)
    })
    assert.deepEqual(new Set(names), new Set([...countA.keys(), ...countB.keys()]))
    assert.ok(Math.abs(layoutLeftHeavy(diff).width - 2) < 1e-9)
  }
})

test('another version of a module is the same function, another module is not', () => {
  const diff = diffTrees(
    treeOf([{ stack: ['example.com/net@v1.1.0/Read'] }]),
    treeOf([{ stack: ['example.com/net@v1.2.0/Read'] }, { stack: ['example.org/net@v1.1.0/Read'] }]),
  )
  assert.deepEqual([...diff.compared!.totalA], [1, 0])
  assert.deepEqual([...diff.compared!.totalB], [1, 1])
})

test('a change is told where it is more than chance', () => {
  const check = (a: number, b: number, kind: string, weightA = 1000, weightB = 1000) =>
    assert.equal(shareChange({ a, b, weightA, weightB }).kind, kind, `${a} of ${weightA}, ${b} of ${weightB}`)
  check(200, 100, 'more')
  check(100, 200, 'less')
  check(105, 100, 'same')
  check(100, 100, 'same')
  check(1, 0, 'same')
  check(30, 0, 'more')
  check(0, 30, 'less')
  // Half of few samples is the same share as half of many.
  check(10, 500, 'same', 20, 1000)
  check(10, 0, 'same', 20, 0)
  assert.equal(shareChange({ a: 30, b: 10, weightA: 100, weightB: 100 }).delta.toFixed(2), '0.20')
  assert.equal(deltaText(0.2), '+20 points')
  assert.equal(deltaText(-0.032), '−3.2 points')
  assert.equal(deltaText(0.0004), '+0.04 points')
})

test('without samples in B nothing is divided by nothing', () => {
  const diff = diffTrees(treeOf([{ stack: ['main'] }]), treeOf([]))
  assert.deepEqual([...diff.total], [1])
})
