import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions, USAGE } from './options.ts'

const parse = (...argv: string[]) => parseOptions(argv, { HOME: '/home/eve' }, 1000)

test('defaults', () => {
  assert.deepEqual(parse().value, {
    data: '/home/eve/.local/state/quadrant',
    source: 'auto',
    flowCapPerSecond: 0,
    udpBytes: false,
    messageTargets: [],
    serviceRules: [],
    probesOff: false,
    profilesOff: false,
    requestServices: [],
    probeShareMax: 0,
    journalLimitBytes: 64 << 20,
    isSupervised: false,
    isConfined: false,
  })
  assert.equal(parseOptions([], { XDG_STATE_HOME: '/state' }, 1000).value?.data, '/state/quadrant')
  assert.equal(parseOptions([], { XDG_STATE_HOME: '/state' }, 0).value?.data, '/var/lib/quadrant')
})

test('each option', () => {
  const line =
    '--data d --source proc --flow-cap 10 --udp-bytes --messages a --messages * --no-probes --no-profiles --requests a --requests * --probe-budget 0.5 --journal-limit 2 --supervised'
  const { value } = parse(...line.split(' '))
  assert.equal(value?.data, 'd')
  assert.equal(value.source, 'proc')
  assert.equal(value.flowCapPerSecond, 10)
  assert.equal(value.udpBytes, true)
  assert.deepEqual(value.messageTargets, ['a', '*'])
  assert.deepEqual(
    [value.probesOff, value.profilesOff, value.requestServices, value.probeShareMax],
    [true, true, ['a', '*'], 0.005],
  )
  assert.equal(value.journalLimitBytes, 2 << 20)
  assert.equal(value.isSupervised, true)
})

test('what it does not take, it says, with the usage', () => {
  const check = (argv: string[], message: RegExp) => {
    const { problem = '' } = parse(...argv)
    assert.match(problem, message)
    assert.ok(problem.endsWith(USAGE))
  }
  check(['--sauce'], /Unknown option '--sauce'/)
  check(['--source', 'kernel'], /--source takes auto, ebpf, proc, not 'kernel'/)
  check(['--flow-cap', '-1'], /--flow-cap/)
  check(['--flow-cap', '1e3'], /--flow-cap takes a whole number from 0 to 20000, not '1e3'/)
  for (const percent of ['0', '-1', '101', '1e1', '1%', ''])
    check([`--probe-budget=${percent}`], /--probe-budget takes a percentage above 0, at most 100/)
  check(['--journal-limit', '0'], /--journal-limit/)
  check(['up'], /Unexpected argument 'up'/)
  assert.deepEqual(parse('--help'), { problem: USAGE, isHelp: true })
})
