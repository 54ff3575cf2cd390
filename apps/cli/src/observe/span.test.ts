import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CliError } from '../cli-error.ts'
import { span, type Span, type SpanFlags } from './span.ts'

const NOW_MS = 1_700_000_000_000

test('which flows are wanted', () => {
  const check = (flags: SpanFlags, expected: Span) => assert.deepEqual(span(flags, NOW_MS), expected)
  check({}, { startMs: 1, endMs: undefined, limit: 20 })
  check({ last: 5 }, { startMs: 1, endMs: undefined, limit: 5 })
  check({ since: '1m' }, { startMs: NOW_MS - 60_000, endMs: undefined, limit: 1_000_000 })
  check(
    { since: '2m', until: '1m', last: 3 },
    { startMs: NOW_MS - 120_000, endMs: NOW_MS - 60_000, limit: 3 },
  )
  check({ follow: true }, { startMs: NOW_MS, endMs: undefined, limit: 1_000_000 })
  check({ follow: true, last: 9 }, { startMs: 1, endMs: undefined, limit: 9 })
})

test('contradictions are refused', () => {
  const check = (flags: SpanFlags) => assert.throws(() => span(flags, NOW_MS), CliError)
  check({ since: '1m', until: '2m' })
  check({ since: 'noon' })
  check({ follow: true, until: 'now' })
})
