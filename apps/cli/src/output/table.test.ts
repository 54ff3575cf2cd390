import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { paint } from './paint.ts'
import { table, tableWriter, type Column } from './table.ts'
import { textWidth, truncate } from './width.ts'

interface Row {
  readonly name: string
  readonly count: string
}
const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', cell: (row) => row.name, min: 5 },
  {
    title: 'COUNT',
    cell: (row) => row.count,
    align: 'right',
    colour: (row) => (row.count === '0' ? 'red' : undefined),
  },
]
const PLAIN = { paint: paint(false), columns: undefined }

test('columns are as wide as their widest cell, empty cells show a dash', () => {
  assert.equal(
    table(
      COLUMNS,
      [
        { name: 'cart', count: '12' },
        { name: 'storefront', count: '' },
      ],
      PLAIN,
    ),
    'NAME        COUNT\ncart           12\nstorefront\n',
  )
})

test('a terminal that is too narrow cuts what may be cut', () => {
  assert.equal(
    table(COLUMNS, [{ name: 'storefront', count: '1' }], { ...PLAIN, columns: 15 }),
    'NAME      COUNT\nstorefr…      1\n',
  )
  // Never below its least width, however narrow.
  assert.equal(
    table(COLUMNS, [{ name: 'storefront', count: '1' }], { ...PLAIN, columns: 3 }).split('\n')[1],
    'stor…      1',
  )
})

test('colours do not count as width', () => {
  const text = table(COLUMNS, [{ name: 'cart', count: '0' }], { ...PLAIN, paint: paint(true) })
  assert.equal(text, '\u001b[2mNAME\u001b[22m  \u001b[2mCOUNT\u001b[22m\ncart      \u001b[31m0\u001b[39m\n')
})

test('a stream keeps its columns and prints its head once', () => {
  const rows = tableWriter(COLUMNS, PLAIN)
  assert.equal(rows([{ name: 'storefront', count: '1' }]), 'NAME        COUNT\nstorefront      1\n')
  assert.equal(rows([{ name: 'a', count: '22' }]), 'a              22\n')
})

test('wide characters take two columns', () => {
  const check = (text: string, width: number) => assert.equal(textWidth(text), width)
  check('abc', 3)
  check('漢字', 4)
  check('e\u0301', 1)
  assert.equal(truncate('漢字漢字', 5), '漢字…')
})

test('a row never gets wider than the terminal while its columns may shrink', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ name: fc.string(), count: fc.constant('1') })), (rows) => {
      for (const line of table(COLUMNS, rows, { ...PLAIN, columns: 20 }).split('\n'))
        assert.ok(textWidth(line) <= 20, JSON.stringify(line))
    }),
    { seed: 2, numRuns: 200 },
  )
})
