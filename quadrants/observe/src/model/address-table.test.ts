import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddressTable } from './address-table.ts'

test('addresses keep their ids until they are given up', () => {
  const table = new AddressTable(3)
  const words = (first: number) => Uint32Array.of(first, 0, 0, 0)
  assert.deepEqual(
    [1, 2, 1, 3, 4].map((first) => table.intern(2, words(first), 0)),
    [0, 1, 0, 2, -1],
  )
  assert.equal(table.intern(10, words(1), 0), -1)
  table.retain((id) => id !== 1)
  assert.equal(table.count, 2)
  assert.equal(table.intern(10, words(1), 0), 1)
  assert.deepEqual(table.bytes(0), Uint8Array.of(1, 0, 0, 0))
  assert.equal(table.bytes(1).length, 16)
})
