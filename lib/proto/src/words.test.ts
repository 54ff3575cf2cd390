import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlowEvent, FlowEventSchema, Protocol } from './gen/quadrant/v1/telemetry_pb.ts'
import { FLOW_EVENT_NAMES, flowEventName, flowStatus, protocolName } from './words.ts'

test('every event of the protocol has its own word', () => {
  const known = FlowEventSchema.values.map(({ number }) => number).filter((number) => number !== 0)
  assert.deepEqual([...FLOW_EVENT_NAMES.keys()], known)
  for (const { number, localName } of FlowEventSchema.values)
    if (number !== 0) assert.equal(flowEventName(number), localName.toLowerCase())
  assert.equal(flowEventName(99), '99')
})

test('how an event leaves its socket', () => {
  const check = (event: FlowEvent, expected: string) => assert.equal(flowStatus(event), expected)
  check(FlowEvent.CONNECT, 'open')
  check(FlowEvent.LISTEN, 'open')
  check(FlowEvent.CLOSE, 'ok')
  check(FlowEvent.LOST, 'ok')
  check(FlowEvent.FAIL, 'failed')
  check(FlowEvent.RESET, 'reset')
})

test('protocols', () => {
  assert.deepEqual([Protocol.TCP, Protocol.UDP, 132].map(protocolName), ['tcp', 'udp', '132'])
})
