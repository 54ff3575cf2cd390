import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowOf } from './flame-layout.ts'
import { madeWindow, randomSamples } from './made-stacks.fixture.ts'
import { readStacks } from './stack-profile.ts'
import { layoutTimeOrder, timeAt } from './time-order.ts'

/** Rows of one letter a sample: a frame goes on as long as it and all above it are the same. */
function framesByHand(stacks: readonly { stack: readonly string[]; count: number }[]) {
  const frames: string[] = []
  let x = 0
  const open: { name: string; start: number }[] = []
  const close = (depth: number) => {
    while (open.length > depth) {
      const { name, start } = open.pop()!
      frames.push(`${open.length} ${name} ${start}-${x}`)
    }
  }
  for (const { stack, count } of stacks) {
    let shared = 0
    while (shared < open.length && shared < stack.length && open[shared]!.name === stack[shared]) shared++
    close(shared)
    for (const name of stack.slice(shared)) open.push({ name, start: x })
    x += count
  }
  close(0)
  return frames.sort()
}

function framesOf(order: ReturnType<typeof layoutTimeOrder>) {
  const { layout, functions } = order
  return [...layout.start]
    .map((start, frame) => {
      const source = functions[layout.func[frame]!]!
      const name = `${layout.inlined[frame] ? '+' : ''}${source.module === '' ? '' : `${source.module}/`}${source.name}`
      return `${rowOf(layout, frame)} ${name} ${start}-${layout.end[frame]!}`
    })
    .sort()
}

test('time order is what opening and closing frames by hand gives', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const samples = randomSamples(seed, 150, 3)
    const order = layoutTimeOrder(readStacks(madeWindow(samples)), {
      processName: (process) => `p${process}`,
    })
    const expected = framesByHand(
      samples.map(({ stack, count = 1, process, broken }) => ({
        stack: [
          `p${process}`,
          ...(stack.length === 0 ? ['(no stack)'] : broken ? ['(broken stack)'] : []),
          ...stack.map((text) => text.replace(/:\d+$/, '')),
        ],
        count,
      })),
    )
    assert.deepEqual(framesOf(order), expected)
    assert.equal(order.omittedSamples, 0)
    assert.equal(
      [...order.layout.self].reduce((sum, self) => sum + self, 0),
      order.layout.width,
    )
    // Rows are from left to right: places are found by halving.
    for (let frame = 1; frame < order.layout.start.length; frame++)
      if (rowOf(order.layout, frame) === rowOf(order.layout, frame - 1))
        assert.ok(order.layout.start[frame]! >= order.layout.end[frame - 1]!)
  }
})

test('samples stand in the order of their time, whatever the order of the answer', () => {
  const order = layoutTimeOrder(
    readStacks(
      madeWindow([
        { stack: ['late'], offsetUs: 2e6, count: 3 },
        { stack: ['early'], offsetUs: 0, count: 2 },
        { stack: ['middle'], offsetUs: 1e6 },
      ]),
    ),
  )
  assert.deepEqual(framesOf(order), ['0 early 0-2', '0 late 3-6', '0 middle 2-3'])
  const startMs = 1_700_000_000_000
  const times: readonly (readonly [number, number])[] = [
    [-1, startMs],
    [0, startMs],
    [1.9, startMs],
    [2, startMs + 1000],
    [3, startMs + 2000],
    [99, startMs + 2000],
  ]
  for (const [at, ms] of times) assert.equal(timeAt(order, at), ms, `${at}`)
  assert.equal(timeAt(layoutTimeOrder(readStacks(madeWindow([]))), 0), undefined)
})
