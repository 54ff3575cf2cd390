import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countCpus } from './possible-cpus.ts'

test('lists of processors are counted to their end', () => {
  for (const [list, count] of [
    ['0\n', 1],
    ['0-3\n', 4],
    ['0-3,8\n', 9],
    ['0,2-127', 128],
  ] as const)
    assert.equal(countCpus(list), count, list)
  assert.throws(() => countCpus('\n'), { code: 'system' })
})
