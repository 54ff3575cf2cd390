import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinNegations, splitNegation } from './negation.ts'

test('--not belongs to the filter after it', () => {
  const check = (inputs: string, expected: readonly string[]) =>
    assert.deepEqual(joinNegations(inputs.split(' ')), expected, inputs)
  check('--port 53', ['--port', '53'])
  check('--not --port 53', ['--port', '\u000053'])
  check('--not --port=53', ['--port=\u000053'])
  check('-f --not --from a --to b', ['-f', '--from', '\u0000a', '--to', 'b'])
  check('--not --from a --not --from b', ['--from', '\u0000a', '--from', '\u0000b'])
  // Left for the parser, which refuses them.
  check('--not', ['--not'])
  check('--not --follow', ['--not', '--follow'])
  check('--not --not --port 1', ['--not', '--port', '\u00001'])
  check('--not --port', ['--port'])
  check('-- --not --port 1', ['--', '--not', '--port', '1'])
})

test('marks come off', () => {
  assert.deepEqual(splitNegation('\u0000a'), { negated: true, value: 'a' })
  assert.deepEqual(splitNegation('a'), { negated: false, value: 'a' })
})
