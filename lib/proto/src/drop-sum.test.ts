import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DropSum } from './drop-sum.ts'

const drop = (stage: string, count: number) => ({ stage, reason: 'r', count })

test('drops add up by stage and reason, and are taken once', () => {
  const sum = new DropSum()
  sum.add([drop('a', 1), drop('b', 2), drop('a', 3), drop('c', 0)])
  assert.deepEqual(sum.list(), [drop('a', 4), drop('b', 2)])
  assert.deepEqual(sum.take(), [drop('a', 4), drop('b', 2)])
  assert.ok(sum.isEmpty)
  assert.deepEqual(sum.take(), [])
})

test('more kinds than the limit are one, and none is lost', () => {
  const sum = new DropSum()
  for (let i = 0; i < 1000; i++) sum.add([drop(`stage-${i}`, 2)])
  const list = sum.list()
  assert.equal(list.length, 257)
  assert.equal(
    list.reduce((total, { count }) => total + count, 0),
    2000,
  )
  assert.equal(list.at(-1)!.stage, '~other')
})
