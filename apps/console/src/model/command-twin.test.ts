import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandTwin } from './command-twin.ts'
import { DEFAULT_VIEW, type ViewState } from './view-state.ts'

function check(change: Partial<ViewState>, expected: string) {
  assert.equal(commandTwin({ ...DEFAULT_VIEW, ...change }), expected)
}

test('each view has its command', () => {
  check({}, 'quadrant top --since 1m')
  check(
    { level: 'process', query: 'from:shop not:port:53' },
    'quadrant top --level process --from shop --not --port 53 --since 1m',
  )
  check({ page: 'flows', query: 'status:failed' }, 'quadrant observe --status failed --since 1m -f')
  check({ page: 'doctor' }, 'quadrant doctor')
})

test('a range has both its ends', () => {
  const startMs = Date.parse('2026-03-01T12:00:00Z')
  check(
    { page: 'flows', time: { kind: 'range', startMs, endMs: startMs + 60_000 } },
    'quadrant observe --since 2026-03-01T12:00:00Z --until 2026-03-01T12:01:00Z',
  )
})

test('what a shell would read is quoted', () => {
  check({ query: 'from:"a b" to:$(reboot)' }, "quadrant top --from 'a b' --to '$(reboot)' --since 1m")
  check({ query: "it's" }, "quadrant top 'it'\\''s' --since 1m")
})
