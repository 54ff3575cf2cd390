import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallTree } from './call-tree.ts'
import {
  firstFrameAfter,
  frameAt,
  layoutLeftHeavy,
  rowCount,
  rowOf,
  type FlameLayout,
} from './flame-layout.ts'
import { childFrames, framePath, walkFlame } from './flame-walk.ts'
import { madeWindow, randomSamples } from './made-stacks.fixture.ts'
import { mergeStacks } from './merged-stacks.ts'
import { readStacks } from './stack-profile.ts'

interface Placed {
  readonly name: string
  readonly row: number
  readonly start: number
  readonly end: number
}

/** The layout by recursion over plain objects. */
function placeByHand(tree: CallTree): Placed[] {
  const nodes = [...tree.parent.keys()]
  const placed: Placed[] = []
  const visit = (parent: number, row: number, from: number) => {
    const children = nodes
      .filter((node) => tree.parent[node] === parent)
      .sort((a, b) => tree.total[b]! - tree.total[a]! || (nameOf(tree, a) < nameOf(tree, b) ? -1 : 1))
    let start = from
    for (const node of children) {
      placed.push({ name: nameOf(tree, node), row, start, end: start + tree.total[node]! })
      visit(node, row + 1, start)
      start += tree.total[node]!
    }
  }
  visit(-1, 0, 0)
  return placed
}

const nameOf = (tree: CallTree, node: number) => tree.functions[tree.func[node]!]!.name

function framesOf(layout: FlameLayout, tree: CallTree): Placed[] {
  return [...layout.start].map((start, frame) => ({
    name: tree.functions[layout.func[frame]!]!.name,
    row: rowOf(layout, frame),
    start,
    end: layout.end[frame]!,
  }))
}

const inOrder = (list: Placed[]) =>
  list.sort((a, b) => a.row - b.row || a.start - b.start || (a.name < b.name ? -1 : 1))

// Functions of few names tie often, and ties of one name differ in their module: names alone are compared there.
test('left heavy is the layout that a recursion gives', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const tree = mergeStacks(readStacks(madeWindow(randomSamples(seed, 120))))
    const layout = layoutLeftHeavy(tree)
    assert.deepEqual(inOrder(framesOf(layout, tree)), inOrder(placeByHand(tree)))
    assert.equal(layout.width, tree.weight)
    for (let frame = 0; frame < layout.start.length; frame++) {
      const parent = layout.parent[frame]!
      if (parent < 0) assert.equal(rowOf(layout, frame), 0)
      else
        assert.ok(
          rowOf(layout, parent) === rowOf(layout, frame) - 1 &&
            layout.start[parent]! <= layout.start[frame]! &&
            layout.end[frame]! <= layout.end[parent]!,
        )
      assert.equal(layout.self[frame], tree.self[layout.node[frame]!])
    }
  }
})

test('a place of a row is found as a search through the row finds it', () => {
  const tree = mergeStacks(readStacks(madeWindow(randomSamples(7, 300))))
  const layout = layoutLeftHeavy(tree)
  for (let row = 0; row < rowCount(layout); row++)
    for (let at = 0; at < layout.width; at += 0.5) {
      let expected = -1
      let after = layout.rowStart[row + 1]!
      for (let frame = layout.rowStart[row + 1]! - 1; frame >= layout.rowStart[row]!; frame--) {
        if (layout.start[frame]! <= at && at < layout.end[frame]!) expected = frame
        if (layout.end[frame]! > at) after = frame
      }
      assert.equal(frameAt(layout, row, at), expected)
      assert.equal(firstFrameAfter(layout, row, at), after)
    }
  assert.equal(frameAt(layout, -1, 0), -1)
  assert.equal(frameAt(layout, rowCount(layout), 0), -1)
})

test('keys walk to caller, widest callee and neighbours, and stay at the rim', () => {
  const samples = [
    { stack: ['main', 'a', 'x'], count: 3 },
    { stack: ['main', 'a', 'y'], count: 5 },
    { stack: ['main', 'b'], count: 2 },
  ]
  const tree = mergeStacks(readStacks(madeWindow(samples)))
  const layout = layoutLeftHeavy(tree)
  const name = (frame: number) => tree.functions[layout.func[frame]!]!.name
  const frame = (wanted: string) => [...layout.func.keys()].find((at) => name(at) === wanted)!
  const check = (from: string, step: Parameters<typeof walkFlame>[2], expected: string) =>
    assert.equal(name(walkFlame(layout, frame(from), step)), expected, `${from} ${step}`)
  check('main', 'in', 'a')
  check('a', 'in', 'y')
  check('y', 'in', 'y')
  check('y', 'next', 'x')
  check('x', 'next', 'x')
  check('a', 'next', 'b')
  check('a', 'previous', 'a')
  check('x', 'out', 'a')
  check('main', 'out', 'main')
  check('x', 'first', 'main')
  assert.equal(name(walkFlame(layout, -1, 'in')), 'main')
  assert.deepEqual(framePath(layout, frame('x')).map(name), ['main', 'a', 'x'])
  const [first, end] = childFrames(layout, frame('a'))
  assert.deepEqual(
    [first, end].map((at) => at - layout.rowStart[2]!),
    [0, 2],
  )
  assert.deepEqual(
    childFrames(layout, frame('b')).map((at, _, [from]) => at - from!),
    [0, 0],
  )
})
