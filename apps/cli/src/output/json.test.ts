import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toJson, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf'
import {
  AgentReportSchema,
  BatchSchema,
  CheckStatus,
  FlowSchema,
  GetStatusResponseSchema,
  HostCapabilitiesSchema,
} from '@quadrant/proto'
import fc from 'fast-check'
import { SHOP_FLOWS } from '../testing/made-flows.ts'
import { jsonEncoder, jsonLine } from './json.ts'

/** The library's own reflection is the truth. */
function check<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>): void {
  const message = create(desc, init)
  assert.deepEqual(jsonEncoder(desc)(message), toJson(desc, message, { alwaysEmitImplicit: true }))
}

test('it writes what protobuf writes, with every field', () => {
  for (const flow of SHOP_FLOWS) check(FlowSchema, flow)
  check(HostCapabilitiesSchema, {
    kernel: '6.18',
    checks: [{ id: 'kernel.iter', status: CheckStatus.OK }, {}],
  })
  check(GetStatusResponseSchema, {
    agents: [{ host: 'a', report: { source: 'ebpf', blindSpots: ['x'] } }, {}],
    store: {},
  })
  check(BatchSchema, {
    endpoints: [
      { kind: { case: 'address', value: Uint8Array.of(10, 0, 0, 1) } },
      { kind: { case: 'processKey', value: '' } },
      {},
    ],
    flows: { count: 1, offsetUs: [-5] },
  })
  check(AgentReportSchema, { cpuUs: Number.NaN, rssBytes: Number.POSITIVE_INFINITY, timeNs: -0 })
})

test('any flow survives', () => {
  fc.assert(
    fc.property(fc.string(), fc.double(), fc.nat(), fc.boolean(), (service, bytesSent, pid, joined) =>
      check(FlowSchema, { service, bytesSent, pid, joined }),
    ),
    { seed: 3, numRuns: 300 },
  )
})

test('a line is one line', () => {
  const flow = SHOP_FLOWS.at(-1)!
  const line = jsonLine(jsonEncoder(FlowSchema)(flow))
  assert.equal(line.indexOf('\n'), line.length - 1)
  assert.match(line, /"service":"evil\\u001b\[2Jname"/)
})
