import assert from 'node:assert/strict'
import { matchesGlob } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { globMatch } from './glob.ts'

test('agrees with node:path on patterns of letters, stars and question marks', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, word, (pattern, text) => {
      // `**` and the empty pattern mean something else to a path glob.
      fc.pre(pattern !== '' && text !== '' && !pattern.includes('**'))
      assert.equal(globMatch(pattern, text), matchesGlob(text, pattern))
    }),
    { seed: 4, numRuns: 2000 },
  )
})

test('many stars do not explode', () => {
  assert.equal(globMatch('*a'.repeat(500), `${'a'.repeat(5000)}b`), false)
})
