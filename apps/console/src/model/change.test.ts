import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { changeOf, ratioText, type Load } from './change.ts'

function load(part: Partial<Load>): Load {
  return { bytes: 6000, messages: 0, opened: 60, errors: 0, seconds: 60, ...part }
}

function check(a: Partial<Load> | undefined, b: Partial<Load> | undefined, kind: string, words: string) {
  const change = changeOf(a && load(a), b && load(b))
  assert.deepEqual([change.kind, change.words], [kind, words])
}

test('a change is named by what matters most, and told in full', () => {
  check({}, {}, 'same', 'no change')
  check({}, undefined, 'new', 'new')
  check(undefined, {}, 'gone', 'gone')
  check({ bytes: 19_200 }, {}, 'more', '× 3.2')
  check({ bytes: 3000 }, {}, 'less', '÷ 2')
  check({ errors: 40 }, { errors: 2 }, 'worse', 'more errors')
  check({ bytes: 60_000, errors: 40 }, {}, 'worse', '× 10, more errors')
  check({ errors: 2 }, { errors: 40 }, 'better', 'fewer errors')
  check({ bytes: 0, opened: 0 }, {}, 'less', 'now idle')
  check({}, { bytes: 0 }, 'more', 'was idle')
})

test('what sways or comes by chance is no change', () => {
  check({ bytes: 7000 }, {}, 'same', 'no change')
  check({ bytes: undefined, opened: 3 }, { bytes: undefined, opened: 1 }, 'same', 'no change')
  check({ errors: 3 }, { errors: 1 }, 'same', 'no change')
})

test('rates are compared, not counts: B may hold fewer seconds of data', () => {
  check(
    { bytes: 6000, errors: 60 },
    { bytes: 1000, errors: 10, opened: 10, seconds: 10 },
    'same',
    'no change',
  )
})

test('where bytes are not counted, messages are, or else connections', () => {
  check({ bytes: undefined, messages: 600 }, { bytes: undefined, messages: 100 }, 'more', '× 6')
  check({ bytes: undefined, opened: 600 }, { bytes: 5, opened: 60 }, 'more', '× 10')
})

test('there and back are opposites', () => {
  const loads = fc.record({
    bytes: fc.option(fc.nat(1e9), { nil: undefined }),
    messages: fc.nat(1e6),
    opened: fc.nat(1e6),
    errors: fc.nat(1e4),
    seconds: fc.integer({ min: 1, max: 86_400 }),
  })
  const opposite = {
    worse: 'better',
    better: 'worse',
    more: 'less',
    less: 'more',
    new: 'gone',
    gone: 'new',
    same: 'same',
  }
  fc.assert(
    fc.property(loads, loads, (a, b) => assert.equal(changeOf(b, a).kind, opposite[changeOf(a, b).kind])),
    { seed: 7, numRuns: 500 },
  )
})

test('a ratio is short however large', () => {
  for (const [ratio, text] of [
    [1.3, '× 1.3'],
    [1 / 16, '÷ 16'],
    [1234, '× 1230'],
    [1e-9, '÷ over 1000000'],
  ] as const)
    assert.equal(ratioText(ratio), text)
})
