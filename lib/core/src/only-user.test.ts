import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onlyUser } from './only-user.ts'

test('one id that is mapped, and nothing else', () => {
  const check = (map: string, expected: ReturnType<typeof onlyUser>) =>
    assert.deepEqual(onlyUser(map), expected, JSON.stringify(map))
  check('         0       1000          1\n', { inside: 0, outside: 1000 })
  check('      1000          0          1\n', { inside: 1000, outside: 0 })
  // The machine's own, a container with subordinate ids, a namespace whose map is not written yet.
  check('         0          0 4294967295\n', undefined)
  check('         0       1000          1\n         1     100000      65536\n', undefined)
  check('', undefined)
  check('0 1000 1 1', undefined)
  check('0 -1 1\n', undefined)
  check('0 1000 10\n', undefined)
})
