import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CliError } from '../cli-error.ts'
import { topWindow, type TopWindow, type WindowFlags } from './window.ts'

const NOW_MS = 1_700_000_000_000

test('the last seconds, or a range of the past', () => {
  const check = (flags: WindowFlags, expected: TopWindow) =>
    assert.deepEqual(topWindow(flags, NOW_MS), expected)
  const range = (fromS: number, toS: number): TopWindow => ({
    kind: 'range',
    startMs: NOW_MS - fromS * 1000,
    endMs: NOW_MS - toS * 1000,
  })
  check({}, { kind: 'sliding', seconds: 10 })
  check({ window: 60 }, { kind: 'sliding', seconds: 60 })
  check({ since: '2m' }, range(120, 0))
  check({ since: '2m', until: '1m' }, range(120, 60))
  check({ until: '1m' }, range(70, 60))
  check({ until: '1m', window: 60 }, range(120, 60))
})

test('contradictions are refused', () => {
  const check = (flags: WindowFlags) => assert.throws(() => topWindow(flags, NOW_MS), CliError)
  check({ since: '1m', until: '2m' })
  check({ since: '1m', window: 5 })
  check({ since: '2099-01-01' })
})
