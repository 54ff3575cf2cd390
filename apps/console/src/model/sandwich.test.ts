import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallTree } from './call-tree.ts'
import { functionTable, weightUnder } from './function-table.ts'
import { madeWindow, randomSamples } from './made-stacks.fixture.ts'
import { mergeStacks } from './merged-stacks.ts'
import { sandwichOf } from './sandwich.ts'
import { readStacks } from './stack-profile.ts'

function totalsOf(tree: CallTree): [string, number][] {
  const names: string[] = []
  return [...tree.func]
    .map((func, node): [string, number] => {
      const { module, name } = tree.functions[func]!
      const own = `${tree.inlined[node] ? '+' : ''}${module}/${name}`
      const parent = tree.parent[node]!
      names.push(parent < 0 ? own : `${names[parent]} ${own}`)
      return [names[node]!, tree.total[node]!]
    })
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function sumByPath(paths: readonly (readonly [readonly string[], number])[]): [string, number][] {
  const sums = new Map<string, number>()
  for (const [path, count] of paths)
    path.forEach((_, i) => {
      const key = path.slice(0, i + 1).join(' ')
      sums.set(key, (sums.get(key) ?? 0) + count)
    })
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1))
}

test('callers and callees are those of a recount of the stacks', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const samples = randomSamples(seed, 150).filter(({ broken }) => !broken)
    const tree = mergeStacks(readStacks(madeWindow(samples)))
    const stacks = samples.map(({ stack, count = 1 }) => ({
      stack: stack.map((text) => text.replace(/:\d+$/, '')),
      count,
    }))
    for (const { index, source, total, self } of functionTable(tree)) {
      const name = `${source.module}/${source.name}`
      const is = (text: string) => text === name || text === `+${name}`
      const having = stacks.filter(({ stack }) => stack.some(is))
      if (source.module === '') continue
      const sum = (list: typeof stacks) => list.reduce((all, { count }) => all + count, 0)
      assert.equal(total, sum(having), `total of ${name}`)
      assert.equal(self, sum(having.filter(({ stack }) => is(stack.at(-1)!))), `self of ${name}`)
      const { callers, callees } = sandwichOf(tree, index)
      const first = ({ stack }: { stack: string[] }) => stack.findIndex(is)
      assert.deepEqual(
        totalsOf(callers),
        sumByPath(
          having.map((sample) => [[name, ...sample.stack.slice(0, first(sample)).reverse()], sample.count]),
        ),
      )
      assert.deepEqual(
        totalsOf(callees),
        sumByPath(having.map((sample) => [[name, ...sample.stack.slice(first(sample) + 1)], sample.count])),
      )
    }
  }
})

test('what is found counts each sample once, and in all its places', () => {
  const samples = [
    { stack: ['main', 'json', 'reflect', 'json'], count: 4 },
    { stack: ['main', 'reflect'], count: 2 },
    { stack: ['main', 'sort'], count: 1 },
  ]
  const tree = mergeStacks(readStacks(madeWindow(samples)))
  const under = (...names: string[]) =>
    weightUnder(
      tree,
      Uint8Array.from(tree.functions, ({ name }) => (names.includes(name) ? 1 : 0)),
    )
  assert.equal(under('json'), 4)
  assert.equal(under('json', 'reflect'), 6)
  assert.equal(under('main', 'sort'), 7)
  assert.equal(under(), 0)
})
