import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rankEntries } from './palette.ts'

const entries = ['Map', 'Flows', 'postgres', 'catalog → postgres', 'Map by process'].map((title) => ({
  id: title,
  title,
  group: 'x',
}))
const find = (typed: string) => rankEntries(entries, typed, 10).map(({ title }) => title)

test('beginnings come first, then words, and letters far apart only where nothing else is', () => {
  assert.deepEqual(find('pos'), ['postgres', 'catalog → postgres'])
  assert.deepEqual(find('map'), ['Map', 'Map by process'])
  assert.deepEqual(find('mbp'), ['Map by process'])
  assert.deepEqual(find('zzz'), [])
  assert.equal(find('').length, entries.length)
})
