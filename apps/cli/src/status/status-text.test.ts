import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type AgentReportSchema, GetStatusResponseSchema } from '@quadrant/proto'
import { paint } from '../output/paint.ts'
import { assertGolden } from '../testing/golden.ts'
import { hasFindings, statusText } from './status-text.ts'

const NOW_MS = 1_700_000_000_000
type StatusInit = Exclude<MessageInitShape<typeof GetStatusResponseSchema>, { $typeName: string }>

const HEALTHY: StatusInit = {
  version: '0.1.0',
  startedNs: (NOW_MS - 3_600_000) * 1e6,
  serverPid: 42,
  serverRssBytes: 80e6,
  serverCpuUs: 12e6,
  eventLoopLagUsMax: 900,
  agents: [
    {
      host: 'web-1',
      version: '0.1.0',
      connected: true,
      lastFrameNs: (NOW_MS - 700) * 1e6,
      lastSeq: 3600,
      report: {
        source: 'proc',
        rssBytes: 70e6,
        cpuUs: 5e6,
        connections: 120,
        connectionsLimit: 65_536,
        namespaces: 2,
        spoolLimitBytes: 64e6,
        blindSpots: ['connections that live for less than a second'],
      },
    },
  ],
  store: {
    sizeBytes: 5e6,
    limitBytes: 1e9,
    edges: 12,
    edgesLimit: 10_000,
    processes: 30,
    oldestNs: (NOW_MS - 60_000) * 1e6,
  },
  stages: [{ stage: 'tracer', seen: 1000, kept: 997 }],
}
const text = (init: StatusInit) =>
  statusText(create(GetStatusResponseSchema, init), {
    address: 'http://127.0.0.1:7700/?token=T',
    nowMs: NOW_MS,
    paint: paint(false),
  })

test('a healthy product, and one with findings', () => {
  assertGolden('status-healthy.txt', text(HEALTHY))
  assertGolden(
    'status-findings.txt',
    text({
      ...HEALTHY,
      agents: [{ host: 'web-1', version: '0.1.0', lastFrameNs: 0 }],
      drops: [
        { stage: 'kernel.ring', reason: 'full: state', count: 3 },
        { stage: 'tracer.join', reason: 'ambiguous', count: 12 },
        { stage: 'server.retention', reason: 'rollup-1s-age', count: 4200 },
      ],
      refused: [{ stage: 'server.agent', reason: 'oversized', count: 1 }],
    }),
  )
})

test('how requests are observed and kept', () => {
  const requests = {
    generation: 3,
    effectiveNs: (NOW_MS - 5000) * 1e6,
    headerScan: true,
    services: 4,
    preciseServices: 1,
    tlsProcesses: 2,
    requests: 120_000,
    captures: 118,
    capturesCapped: 7,
  }
  const store = {
    ...HEALTHY.store,
    requestSeries: 240,
    requestSeriesLimit: 50_000,
    captures: 118,
    captureBytes: 2e5,
  }
  assertGolden(
    'status-requests.txt',
    text({ ...HEALTHY, store, agents: [{ host: 'web-1', connected: true, report: { requests } }] }),
  )
})

test('what the programs in the kernel cost: sampled, with the age of the sample, or why not', () => {
  const programs = [
    { name: 'pass_tcp', attach: 'iter/tcp', sampleRuns: 2, sampleRunNs: 1_200_000 },
    { name: 'tcp_state', attach: 'tp_btf/inet_sock_set_state', sampleRuns: 3520, sampleRunNs: 2_992_000 },
    { name: 'tcp_reset_sent', attach: 'tp_btf/tcp_send_reset' },
  ]
  const told = (report: MessageInitShape<typeof AgentReportSchema>) =>
    text({ ...HEALTHY, agents: [{ host: 'web-1', connected: true, report }] })
  const sampled = told({ programs, programSample: { endNs: (NOW_MS - 12_000) * 1e6, lengthNs: 1e9 } })
  assertGolden('status-programs.txt', sampled)
  assert.match(told({ programs }), /not timed +no sample yet/)
  assert.match(told({ programs, programSample: { problem: 'no\u001b[2J' } }), /not timed +no\\x1b\[2J/)
})

test('what counts as a finding', () => {
  const check = (change: StatusInit, expected: boolean) =>
    assert.equal(hasFindings(create(GetStatusResponseSchema, { ...HEALTHY, ...change })), expected)
  check({}, false)
  check({ agents: [] }, true)
  check({ agents: [{ connected: false }] }, true)
  check({ drops: [{ stage: 'kernel.ring', count: 0 }] }, false)
  check({ drops: [{ stage: 'kernel.ring', count: 1 }] }, true)
  check({ drops: [{ stage: 'tracer.edges', reason: 'edge-limit', count: 1 }] }, false)
  check({ drops: [{ stage: 'server.retention', reason: 'flow-bytes', count: 1 }] }, false)
  check({ refused: [{ count: 1 }] }, true)
})

test('nothing that an agent says steers the terminal', () => {
  const wild = '\u001b[2J\u009b'
  const said = text({
    ...HEALTHY,
    version: wild,
    agents: [{ host: wild, version: wild, report: { source: wild, blindSpots: [wild] } }],
    drops: [{ stage: wild, reason: wild, count: 1 }],
    refused: [{ stage: wild, reason: wild, count: 1 }],
    stages: [{ stage: wild, seen: 1, kept: 1 }],
  })
  assert.doesNotMatch(said, /[\u001b\u009b]/) // oxlint-disable-line no-control-regex
  assert.equal(said.split('\\x1b[2J\\x9b').length - 1, 10)
})
