import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finder } from './find-words.ts'
import { layoutLeftHeavy } from './flame-layout.ts'
import { describeFrame, flameScene, frameFacts, placeText, shortName } from './flame-scene.ts'
import { madeWindow, type MadeSample } from './made-stacks.fixture.ts'
import { mergeStacks } from './merged-stacks.ts'
import { moduleShares } from './module-shares.ts'
import { diffTrees } from './profile-diff.ts'
import { readStacks } from './stack-profile.ts'

const treeOf = (samples: readonly MadeSample[]) => mergeStacks(readStacks(madeWindow(samples)))

const SAMPLES: readonly MadeSample[] = [
  { stack: ['example.com/shop@v1/main:7', '+std/encode:12'], count: 30 },
  { stack: ['example.com/shop@v1/main:9'], count: 10 },
]

test('a frame is told in words, with its place and what it stands for', () => {
  const tree = treeOf(SAMPLES)
  const scene = flameScene({ ...tree, layout: layoutLeftHeavy(tree), frequencyHz: 20 }, undefined)
  assert.equal(
    describeFrame(scene, 0),
    'main, 40 samples (100.0 %), 2.00 s of CPU, 10 in itself, main.go:7, module example.com/shop@v1, level 1',
  )
  assert.equal(
    describeFrame(scene, 1),
    'encode, inlined, 30 samples (75.0 %), 1.50 s of CPU, 30 in itself, encode.go:12, module Go standard library, level 2',
  )
  assert.deepEqual(scene.tones.at(1), 'std')
  assert.equal(scene.found, undefined)
})

test('what is compared is told as both shares', () => {
  const tree = diffTrees(treeOf(SAMPLES), treeOf([{ stack: ['example.com/shop@v1/main'], count: 50 }]))
  const scene = flameScene({ ...tree, layout: layoutLeftHeavy(tree), frequencyHz: 20 }, undefined)
  assert.match(
    describeFrame(scene, 0),
    /^main, 100\.0 % in A, 100\.0 % in B, no change beyond chance, 10 in itself/,
  )
  assert.match(describeFrame(scene, 1), /^encode, inlined, \+75 points: 75\.0 % in A, 0 % in B, 30 in itself/)
  assert.equal(frameFacts(scene, 1).change?.kind, 'more')
})

test('a search needs all its words, in the name, the file or the module', () => {
  const tree = treeOf(SAMPLES)
  const layout = layoutLeftHeavy(tree)
  const check = (find: string, expected: readonly string[]) => {
    const { found, functions } = flameScene({ ...tree, layout, frequencyHz: 0 }, finder(find))
    assert.deepEqual(
      functions.filter((_, i) => found?.[i]).map(({ name }) => name),
      expected,
      find,
    )
  }
  check('MAIN', ['main'])
  check('shop go', ['main'])
  check('.go', ['main', 'encode'])
  check('shop encode', [])
  assert.equal(finder('  '), undefined)
})

test('long names are cut to what tells them apart', () => {
  const check = (name: string, expected: string) => assert.equal(shortName(name), expected)
  check('net/http.(*conn).serve', 'http.(*conn).serve')
  check('github.com/a/b/v2.F[go.shape.struct { x/y.Z }]', 'v2.F[go.shape.struct { x/y.Z }]')
  check('main.main', 'main.main')
  check('/usr/lib/libc.so.6', '/usr/lib/libc.so.6')
  assert.equal(placeText('', 4), '')
  assert.equal(placeText('a.go', 0), 'a.go')
})

test('modules have the shares of their own code, whatever their version', () => {
  const shares = moduleShares(
    treeOf([
      { stack: ['example.com/a@v1/f', 'example.com/b@v1/h', 'std/g'], count: 6 },
      { stack: ['example.com/a@v2/f'], count: 3 },
      { stack: ['example.com/a@v1/f'], count: 1 },
    ]),
  )
  assert.deepEqual(
    shares.map(({ title, name, share }) => [title, name, share]),
    [
      ['Go standard library', 'std', 0.6],
      ['example.com/a', 'example.com/a', 0.4],
      // Its frames are drawn, though it has no time of its own.
      ['example.com/b', 'example.com/b', 0],
    ],
  )
})
