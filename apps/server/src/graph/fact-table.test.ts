import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { FactSchema } from '@quadrant/proto'
import fc from 'fast-check'
import { Statements } from '../store/statements.ts'
import { FACT_TABLES, FactTable } from './fact-table.ts'

function factTable() {
  const db = new DatabaseSync(':memory:')
  db.exec(FACT_TABLES)
  const facts = new FactTable(new Statements(db))
  return {
    facts,
    tell: (subject: string, object: string, validFromNs: number, validToNs: number) =>
      facts.add(create(FactSchema, { subject, predicate: 'depends-on', object, validFromNs, validToNs }), 1),
    rows: () =>
      db.prepare('SELECT subject, object, valid_from_ns, valid_to_ns FROM facts ORDER BY 1, 2, 3').all(),
    [Symbol.dispose]: () => db.close(),
  }
}

const name = fc.constantFrom('mod:a', 'mod:b')
const interval = fc
  .tuple(name, name, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 10 }))
  .map(([subject, object, from, length]) => ({ subject, object, from, to: from + length }))

test('a fact holds at the moments that were told, whatever the order, and told again it is there once', () => {
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 20 }), (told) => {
      using first = factTable()
      using second = factTable()
      for (const { subject, object, from, to } of told) first.tell(subject, object, from, to)
      for (const { subject, object, from, to } of [...told.toReversed(), ...told])
        second.tell(subject, object, from, to)
      assert.deepEqual(second.rows(), first.rows())
      for (let at = 0; at <= 52; at++)
        for (const coordinate of ['mod:a', 'mod:b']) {
          const found = first.facts.about(coordinate, at, 100).rows
          const names = found.map(({ subject, object }) => `${subject} ${object}`)
          const expected = new Set(
            told
              .filter(({ subject, object, from, to }) => {
                const isAbout = subject === coordinate || object === coordinate
                return isAbout && from <= at && at < to
              })
              .map(({ subject, object }) => `${subject} ${object}`),
          )
          assert.deepEqual(new Set(names), expected)
          assert.equal(names.length, expected.size)
        }
    }),
    { seed: 13, numRuns: 150 },
  )
})

test('what holds still ends once, with its subject or when that is told', () => {
  using table = factTable()
  table.tell('mod:a', 'mod:b', 5, 0)
  table.tell('mod:a', 'mod:b', 9, 0)
  table.tell('mod:b', 'mod:a', 5, 0)
  assert.equal(table.facts.about('mod:a', 1000, 10).rows.length, 2)
  table.facts.end('mod:a', 20)
  table.facts.end('mod:a', 30)
  table.tell('mod:b', 'mod:a', 5, 15)
  assert.deepEqual(
    table.rows().map((row) => Object.values(row)),
    [
      ['mod:a', 'mod:b', 5, 20],
      ['mod:b', 'mod:a', 5, 15],
    ],
  )
})

test('more than is asked for is counted', () => {
  using table = factTable()
  for (let i = 0; i < 30; i++) table.tell('mod:a', `mod:${i}`, 5, 0)
  const { rows, omittedCount } = table.facts.about('mod:a', 10, 7)
  assert.deepEqual([rows.length, omittedCount], [7, 23])
})
