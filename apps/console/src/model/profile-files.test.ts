import assert from 'node:assert/strict'
import { test } from 'node:test'
import { madeWindow, randomSamples } from './made-stacks.fixture.ts'
import { mergeStacks } from './merged-stacks.ts'
import { foldedText, speedscopeJson } from './profile-files.ts'
import { readStacks } from './stack-profile.ts'

test('folded text has each stack once with its samples', () => {
  const samples = [
    { stack: ['main', 'a;b', 'c d'], count: 3 },
    { stack: ['main', 'a;b', 'c d'], count: 2 },
    { stack: ['main'], count: 1 },
  ]
  assert.equal(foldedText(mergeStacks(readStacks(madeWindow(samples)))), 'main 1\nmain;a:b;c d 5\n')
})

interface SpeedscopeFile {
  readonly shared: { readonly frames: readonly { readonly name: string; readonly file?: string }[] }
  readonly profiles: readonly {
    readonly type: string
    readonly unit: string
    readonly startValue: number
    readonly endValue: number
    readonly samples: readonly (readonly number[])[]
    readonly weights: readonly number[]
  }[]
}

test("speedscope's file has the stacks of the samples in the order of time", () => {
  const samples = randomSamples(5, 60)
  const file = JSON.parse(speedscopeJson(readStacks(madeWindow(samples)), 'svc:cart')) as SpeedscopeFile
  const profile = file.profiles[0]!
  assert.equal(profile.type, 'sampled')
  assert.equal(profile.unit, 'seconds')
  assert.equal(profile.samples.length, profile.weights.length)
  const sum = profile.weights.reduce((all, weight) => all + weight, 0)
  assert.equal(profile.endValue - profile.startValue, sum)
  assert.deepEqual(
    profile.samples.map((stack) => stack.map((frame) => file.shared.frames[frame]!.name)),
    samples.map(({ stack }) => stack.map((text) => /f\d/.exec(text)![0])),
  )
  assert.deepEqual(
    profile.weights.map((weight) => Math.round(weight * 19)),
    samples.map(({ count }) => count),
  )
})
