import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAP_FIELDS } from '@quadrant/core'
import { queryTerm, suggestTerms, toggleTerm } from './query-suggest.ts'

const known = { from: ['shop', 'shop worker', 'web'], proto: ['tcp', 'udp'] }

/** `|` is the caret. */
function suggest(marked: string): readonly string[] {
  const caret = marked.indexOf('|')
  return suggestTerms(marked.replace('|', ''), caret, MAP_FIELDS, known).map(
    ({ text, caret: at }) => `${text.slice(0, at)}|${text.slice(at)}`,
  )
}

test('fields first, then their values', () => {
  assert.deepEqual(suggest('fr|'), ['from:|'])
  assert.deepEqual(suggest('from:sh|'), ['from:shop |', 'from:"shop worker" |'])
  assert.deepEqual(suggest('proto:|'), ['proto:tcp |', 'proto:udp |'])
})

test('signs, alternatives and what stands around are kept', () => {
  assert.deepEqual(suggest('not:fr|'), ['not:from:|'])
  assert.deepEqual(suggest('-proto:t|'), ['-proto:tcp |'])
  assert.deepEqual(suggest('from:web,sh| port:80'), [
    'from:web,shop |port:80',
    'from:web,"shop worker" |port:80',
  ])
  assert.deepEqual(suggest('x| from:web'), [])
})

test('terms are added and taken away as wholes', () => {
  assert.equal(toggleTerm('', 'proto:udp'), 'proto:udp')
  assert.equal(toggleTerm('from:web proto:udp', 'proto:udp'), 'from:web')
  assert.equal(queryTerm('from', 'shop worker'), 'from:"shop worker"')
})
