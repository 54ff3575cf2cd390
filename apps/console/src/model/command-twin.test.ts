import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { commandTwin, startCommand, type CommandCall } from './command-twin.ts'
import { DEFAULT_VIEW, type ViewState } from './view-state.ts'

const startMs = Date.parse('2026-03-01T12:00:00Z')
const range = { kind: 'range', startMs, endMs: startMs + 60_000 } as const

const INSTALLED: CommandCall = {
  command: 'quadrant',
  dataDir: '/var/lib/quadrant',
  dataIsDefault: true,
  agentIsRoot: false,
}

function check(change: Partial<ViewState>, expected: string, call: Partial<CommandCall> = {}) {
  assert.equal(commandTwin({ ...DEFAULT_VIEW, ...change }, { ...INSTALLED, ...call }), expected)
}

test('each view has its command', () => {
  check({}, 'quadrant top --window 60')
  check(
    { level: 'process', query: 'from:shop not:port:53' },
    "quadrant top --level process --window 60 -q 'from:shop not:port:53'",
  )
  check(
    { page: 'flows', query: 'status:failed -to:db' },
    'quadrant observe --status failed --not --to db --since 1m -f',
  )
  check(
    { page: 'flows', query: 'shop not:to:"a b"' },
    `quadrant observe -q 'shop not:to:"a b"' --since 1m -f`,
  )
  check({ page: 'filters' }, 'quadrant filter list -o wide')
  check({ page: 'filters', selection: 'filter:auth' }, 'quadrant filter list auth')
  check({ page: 'doctor' }, 'quadrant doctor')
  check({ page: 'service', selection: 'svc:cart' }, 'quadrant gc svc:cart --since 1m -f')
  check(
    { page: 'profiles', selection: 'proc:web-1/4711@1732390000123', time: range, kinds: ['program', 'gc'] },
    'quadrant profile proc:web-1/4711@1732390000123 --since 2026-03-01T12:00:00Z --until 2026-03-01T12:01:00Z --kind program --kind gc -o pprof --file web-1-4711.pb.gz',
  )
  check({ page: 'profiles' }, 'quadrant profile --since 1m -o pprof --file profile.pb.gz')
  check(
    { page: 'profiles', selection: "svc:../it's" },
    "quadrant profile 'svc:../it'\\''s' --since 1m -o pprof --file it-s.pb.gz",
  )
})

test('what is about requests has a command of its own', () => {
  check({ page: 'flows', rows: 'requests' }, 'quadrant observe --requests --since 1m -f')
  check(
    { page: 'flows', rows: 'requests', query: 'to:cart duration:>100', time: range },
    "quadrant observe --requests -q 'to:cart duration:>100' --since 2026-03-01T12:00:00Z --until 2026-03-01T12:01:00Z",
  )
  const route = { page: 'service', item: 'route:svc:cart 1 GET /a' } as const
  check({ ...route, selection: 'svc:cart' }, 'quadrant top --by routes --window 60 -q to:cart')
  check(
    { ...route, selection: 'svc:cart', sort: 'p99', time: range },
    'quadrant top --by routes --sort p99 --since 2026-03-01T12:00:00Z --until 2026-03-01T12:01:00Z -q to:cart',
  )
  check(
    { ...route, selection: 'proc:web-1/4711@1732390000123', sort: '-errors' },
    'quadrant top --by routes --window 60 -q to:proc:web-1/4711@1732390000123',
  )
})

test('a range has both its ends', () => {
  check(
    { page: 'flows', time: range },
    'quadrant observe --since 2026-03-01T12:00:00Z --until 2026-03-01T12:01:00Z',
  )
})

test('a map of the past is asked for with the same query and both its ends', () => {
  check(
    { time: range, level: 'host', query: 'from:shop status:failures,retransmits bytes:>1000' },
    "quadrant top --level host --since 2026-03-01T12:00:00Z --until 2026-03-01T12:01:00Z -q 'from:shop status:failures,retransmits bytes:>1000'",
  )
  check({ time: { kind: 'live', windowSeconds: 86_400 } }, 'quadrant top --window 86400')
})

test('what a shell would read is quoted', () => {
  check(
    { page: 'flows', query: 'from:"a b" to:$(reboot)' },
    "quadrant observe --from 'a b' --to '$(reboot)' --since 1m -f",
  )
  check({ query: "it's" }, "quadrant top --window 60 -q 'it'\\''s'")
})

test('the command is called as it is here, and finds the server', () => {
  const elsewhere = { command: 'npx quadrant', dataDir: "/srv/it's here", dataIsDefault: false }
  const data = "--data '/srv/it'\\''s here'"
  check({}, `npx quadrant top ${data} --window 60`, elsewhere)
  check({ page: 'flows' }, `npx quadrant observe ${data} --since 1m -f`, elsewhere)
  check({ page: 'doctor' }, `sudo npx quadrant doctor ${data}`, { ...elsewhere, agentIsRoot: true })
  check({ page: 'doctor' }, 'sudo quadrant doctor', { agentIsRoot: true })
  // A user's own default is not root's.
  const own = { dataDir: '/home/eve/.local/state/quadrant' }
  check({}, 'quadrant top --window 60', own)
  check({ page: 'doctor' }, `sudo quadrant doctor --data ${own.dataDir}`, { ...own, agentIsRoot: true })
  check({}, 'quadrant top --window 60', { dataDir: '' })
})

test('a shell reads the quoted directory as it is', () => {
  for (const dataDir of ["/a'b", '/a b', '/$(x)`y`', '/a"b\\', '/ü']) {
    const twin = commandTwin(
      { ...DEFAULT_VIEW },
      { ...INSTALLED, command: 'printf %s\\\\n', dataDir, dataIsDefault: false },
    )
    const words = execFileSync('sh', ['-c', twin], { encoding: 'utf8' }).trimEnd().split('\n')
    assert.deepEqual(words.slice(0, 3), ['top', '--data', dataDir])
  }
})

test('what starts it is what one types on that host', () => {
  assert.equal(startCommand(INSTALLED), 'sudo quadrant up')
  assert.equal(startCommand(INSTALLED, { demo: true }), 'sudo quadrant up --demo')
  assert.equal(startCommand({ ...INSTALLED, command: 'npx quadrant' }), 'sudo npm start')
  assert.equal(
    startCommand({ ...INSTALLED, command: 'npx quadrant' }, { demo: true }),
    'sudo npm start -- --demo',
  )
})
