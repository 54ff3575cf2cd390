import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import {
  AgentReportSchema,
  HelloSchema,
  HostCapabilitiesSchema,
  type SamplingRuleSchema,
} from '@quadrant/proto'
import fc from 'fast-check'
import { changedBytes } from '../testing/changed-bytes.ts'
import { leaves } from '../testing/leaves.ts'
import { checkHello } from './check.ts'
import { checkCapabilities, checkReport } from './check-report.ts'

const ESCAPE = '\u001b[2J'
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/ // oxlint-disable-line no-control-regex
const many = <T>(count: number, item: T) => Array.from({ length: count }, () => item)

type ReportInit = Exclude<MessageInitShape<typeof AgentReportSchema>, { $typeName: string }>
const CHECK = { id: 'kernel.tp_btf', category: 'kernel', title: 'BTF tracepoints' }
const WHOLE: ReportInit = {
  timeNs: 1.7e18,
  source: 'ebpf',
  cpuUs: 1e6,
  blindSpots: ['connections that live for less than a second'],
  programs: [{ name: 'state', attach: 'tp_btf/inet_sock_set_state', runs: 5, runNs: 1e17 }],
  maps: [{ name: 'sockets', type: 'hash', entries: 3, maxEntries: 65_536 }],
  capabilities: { kernel: '6.18.1', architecture: 'x86_64', checks: [{ ...CHECK, detail: 'loaded' }] },
  instruction: {
    messageTargets: ['*'],
    serviceRules: [{ service: 'shop', executable: '/srv/*' }],
    profileHz: 99,
    profileUntilNs: 1.7e18,
    probeShareMax: 0.02,
    requests: {
      services: ['shop-*'],
      samplingRules: [{ id: 'high', header: 'x-trace-sampling', rate: { case: 'perThousand', value: 1 } }],
      redactedHeaders: ['x-tenant'],
      routeRules: [{ service: 'shop', pattern: '/users/:id/*' }],
    },
  },
  requests: {
    generation: 3,
    effectiveNs: 1.7e18,
    headerScan: true,
    services: 4,
    requests: 1e6,
    captures: 12,
  },
  runtime: {
    processes: [{ runtime: 'go', count: 3 }],
    probedProcesses: 2,
    probes: 8,
    refused: [{ stage: 'runtime', reason: 'version', count: 1 }],
    latencyUsMedian: 18.5,
    latencyUsP99: 70,
    profileSamples: 38,
    profileHz: 19,
  },
}
const ruled = (
  rule: Exclude<MessageInitShape<typeof SamplingRuleSchema>, { $typeName: string }>,
): ReportInit => ({ instruction: { requests: { samplingRules: [{ id: 'a', ...rule }] } } })
const reports: [name: string, init: ReportInit, reason: string | undefined][] = [
  ['nothing at all', {}, undefined],
  ['a whole report', WHOLE, undefined],
  ['an escape sequence as source', { source: ESCAPE }, 'text'],
  ['a long source', { source: 'x'.repeat(101) }, 'text'],
  ['an escape sequence in a blind spot', { blindSpots: ['fine', ESCAPE] }, 'text'],
  ['64 blind spots', { blindSpots: many(64, 'this') }, undefined],
  ['20,000 blind spots', { blindSpots: many(20_000, 'this') }, 'count'],
  ['a blind spot of 5,000 characters', { blindSpots: ['x'.repeat(5000)] }, 'text'],
  ['a counter of 1e308', { rssBytes: 1e308 }, 'counter'],
  ['a negative counter', { connections: -1 }, 'counter'],
  ['a counter that is no number', { spoolBytes: Number.NaN }, 'counter'],
  ['an infinite time', { timeNs: Infinity }, 'counter'],
  ['a program with control characters', { programs: [{ name: 'a\u009bm' }] }, 'text'],
  ['a program that ran less than never', { programs: [{ name: 'a', runs: -1 }] }, 'counter'],
  ['a map with a line break in its type', { maps: [{ type: 'a\n' }] }, 'text'],
  ['a map of 1e308', { maps: [{ maxEntries: 1e308 }] }, 'counter'],
  ['too many programs', { programs: many(2000, { name: 'a' }) }, 'count'],
  ['too many maps', { maps: many(2000, { name: 'a' }) }, 'count'],
  ['a kernel with an escape sequence', { capabilities: { kernel: ESCAPE } }, 'text'],
  ['a check with one in its fix', { capabilities: { checks: [{ ...CHECK, fix: ESCAPE }] } }, 'text'],
  ['a check without a name', { capabilities: { checks: [{ ...CHECK, id: '' }] } }, 'text'],
  ['too many checks', { capabilities: { checks: many(300, CHECK) } }, 'count'],
  ['a target with an escape sequence', { instruction: { messageTargets: [ESCAPE] } }, 'text'],
  ['a rule with one', { instruction: { serviceRules: [{ cgroup: ESCAPE }] } }, 'text'],
  ['more samples a second than may be', { instruction: { profileHz: 100 } }, 'counter'],
  ['a profile until no time', { instruction: { profileUntilNs: Number.NaN } }, 'counter'],
  ['more than all of its CPU', { instruction: { probeShareMax: 1.01 } }, 'counter'],
  ['a runtime with an escape sequence', { runtime: { processes: [{ runtime: ESCAPE }] } }, 'text'],
  ['a refusal with one', { runtime: { refused: [{ stage: 'runtime', reason: ESCAPE }] } }, 'text'],
  ['too many runtimes', { runtime: { processes: many(65, { runtime: 'go' }) } }, 'count'],
  ['too many refusals', { runtime: { refused: many(257, { stage: 'runtime' }) } }, 'count'],
  ['a latency that is no number', { runtime: { latencyUsP99: Number.NaN } }, 'counter'],
  ['fewer probes than none', { runtime: { probes: -1 } }, 'counter'],
  ['a rule for captures with an escape sequence', ruled({ header: ESCAPE }), 'text'],
  ['a rule for captures without a name', ruled({ id: '' }), 'text'],
  ['a rule for captures at no rate', ruled({ rate: { case: 'perThousand', value: Number.NaN } }), 'counter'],
  ['a rule for captures of no protocol', ruled({ protocol: -1 as 1 }), 'index'],
  [
    'too many rules for captures',
    { instruction: { requests: { samplingRules: many(17, { id: 'a' }) } } },
    'count',
  ],
  [
    'a secret name with an escape sequence',
    { instruction: { requests: { redactedHeaders: [ESCAPE] } } },
    'text',
  ],
  ['a rule for no path', { instruction: { requests: { routeRules: [{ pattern: 'users' }] } } }, 'text'],
  ['too many routes', { instruction: { requests: { routesPerServiceMax: 2001 } } }, 'counter'],
  ['a rule for captures', ruled({ header: 'x-trace-sampling', value: 'high' }), undefined],
  ['less than no requests', { requests: { requests: -1 } }, 'counter'],
  ['too many rules', { instruction: { serviceRules: many(501, { service: 'a' }) } }, 'count'],
]
for (const [name, init, reason] of reports)
  test(`report, ${reason ? 'refused' : 'accepted'}: ${name}`, () => {
    const refusal = checkReport(create(AgentReportSchema, init))
    assert.equal(refusal?.reason, reason, refusal?.detail ?? 'accepted')
    assert.doesNotMatch(refusal?.detail ?? '', CONTROL)
  })

test('what an agent says of its host is checked by itself too', () => {
  const check = (kernel: string) => checkCapabilities(create(HostCapabilitiesSchema, { kernel }))?.reason
  assert.equal(check('6.18.1'), undefined)
  assert.equal(check(ESCAPE), 'text')
})

test('a hello with an escape sequence in what may be empty is refused', () => {
  const check = (init: { version?: string; bootId?: string }) =>
    checkHello(create(HelloSchema, { agentId: 'a', host: 'h', ...init }))?.reason
  assert.equal(check({}), undefined)
  assert.equal(check({ version: ESCAPE }), 'text')
  assert.equal(check({ bootId: ESCAPE }), 'text')
})

test('whatever the bytes, a report is refused, or all of it is within its limits', () => {
  const whole = toBinary(AgentReportSchema, create(AgentReportSchema, WHOLE))
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(changedBytes(whole, { min: 1, max: 6 }), (bytes) => {
      let report
      try {
        // As the listener does: it reads no unknown fields.
        report = fromBinary(AgentReportSchema, bytes, { readUnknownFields: false })
      } catch {
        return // The protocol's decoder refuses it before we see it.
      }
      if (checkReport(report)) {
        refused++
        return
      }
      accepted++
      for (const value of leaves(report)) {
        if (typeof value === 'number') assert.ok(value >= 0 && value <= 2 ** 64, String(value))
        else if (typeof value === 'string') assert.doesNotMatch(value, CONTROL)
      }
    }),
    { seed: 7, numRuns: 3000 },
  )
  assert.ok(accepted > 100 && refused > 100, `${accepted} accepted, ${refused} refused`)
})
