import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { ProfileWindowSchema } from '@quadrant/proto'
import fc from 'fast-check'
import { CART_PROFILE, madeWindow } from '../testing/made-profile.ts'
import { flameSvg } from './flame-svg.ts'
import { foldedStacks } from './folded.ts'
import { pprofProfile } from './pprof-profile.ts'
import { speedscopeFile } from './speedscope.ts'
import { readStacks } from './stacks.ts'
import { topFunctions } from './top-functions.ts'

test('stacks are read outermost first, with what is broken or missing marked', () => {
  const stacks = readStacks(
    madeWindow([
      { calls: ['a|m|', 'b|m|'], count: 3 },
      { calls: ['b|m|'], count: 2, broken: true },
      { calls: ['b|m|'], count: 4 },
      { calls: [], count: 1 },
      { calls: [], count: 1, broken: true },
      { calls: ['|m|'], count: 1, process: 7 },
    ]),
    ['proc:web-1/1@2'],
  )
  const named = stacks.samples.map(({ path, count, process }) => [
    path.map((frame) => stacks.frames[frame]!.function).join(' '),
    count,
    process,
  ])
  const process = 'proc:web-1/1@2'
  assert.deepEqual(named, [
    ['a b', 3, process],
    ['[broken stack] b', 2, process],
    ['b', 4, process],
    ['[no stack]', 1, process],
    ['[broken stack] [no stack]', 1, process],
    ['[unknown]', 1, ''],
  ])
  assert.equal(stacks.unreadable, 0)
})

test('a tree that goes round, and indices that lead nowhere, are left out and counted', () => {
  const check = (nodeFrame: number[], nodeParent: number[], sampleNode: number) => {
    const window = create(ProfileWindowSchema, {
      strings: ['', 'a'],
      frames: [{ function: 1 }],
      nodeFrame,
      nodeParent,
      sampleNode: [sampleNode, 0],
      sampleCount: [5, 1],
    })
    const { unreadable, samples } = readStacks(window, [])
    assert.equal(unreadable, 5)
    assert.equal(samples.length, 1)
  }
  check([0], [1], 1)
  check([0, 0], [2, 1], 1)
  check([0], [0], 2)
  check([1], [0], 1)
  check([0, 0], [0, 3], 2)
  const deep = Array.from({ length: 3000 }, (_, i) => i)
  check(
    deep.map(() => 0),
    deep,
    3000,
  )
})

test('whatever a window holds, every form can be made of it, with all of its samples', () => {
  const index = fc.nat(6)
  const column = fc.array(index, { maxLength: 8 })
  fc.assert(
    fc.property(
      fc.record({
        strings: fc.array(fc.string({ unit: 'binary', maxLength: 4 }), { maxLength: 4 }),
        frames: fc.array(
          fc.record({ function: index, file: index, line: index, module: index, inlined: fc.boolean() }),
          { maxLength: 6 },
        ),
        nodeFrame: column,
        nodeParent: column,
        sampleProcess: column,
        sampleNode: column,
        sampleCount: column,
        sampleKind: column,
        sampleBroken: column,
        frequencyHz: fc.nat(2),
      }),
      (made) => {
        const stacks = readStacks(create(ProfileWindowSchema, made), ['proc:a/1@2'])
        const kept = stacks.samples.reduce((sum, { count }) => sum + count, 0)
        const all = made.sampleCount.reduce((sum, count) => sum + count, 0)
        assert.equal(kept + stacks.unreadable, all)
        const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
        assert.equal(sumOf(topFunctions(stacks).map(({ flat }) => flat)), kept)
        const lines = foldedStacks(stacks).split('\n').slice(0, -1)
        assert.equal(sumOf(lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))), kept)
        const { samples } = pprofProfile(stacks, { startNs: 0, endNs: 1 })
        assert.equal(sumOf(samples.map(({ values }) => values[0]!)), kept)
        const whole = speedscopeFile(stacks, 'x').profiles[0]!
        assert.equal(whole.weights.length, whole.samples.length)
        assert.ok(flameSvg(stacks, { title: 'x', lines: ['y'] }).endsWith('</svg>\n'))
      },
    ),
    { seed: 7, numRuns: 500 },
  )
})

test('the functions of a profile by flat and cumulative samples; recursion counts once', () => {
  const rows = topFunctions(readStacks(CART_PROFILE.profile!, CART_PROFILE.processes))
  const find = (name: string) => {
    const { flat, cumulative } = rows.find(({ frame }) => frame.function.includes(name))!
    return [flat, cumulative]
  }
  assert.deepEqual(find('cart.sum'), [700, 700])
  assert.deepEqual(find('cart.price'), [50, 750])
  assert.deepEqual(find('Formatter'), [100, 100])
  assert.deepEqual(find('runtime.main'), [0, 910])
  assert.deepEqual(find('broken'), [0, 4])
  assert.equal(rows[0]!.flat, 700)
})
