import assert from 'node:assert/strict'
import { test } from 'node:test'
import { equals } from '@bufbuild/protobuf'
import { CapturedRequestSchema, FlowSchema } from '@quadrant/proto'
import fc from 'fast-check'
import { jsonEncoder, jsonLine } from '../output/json.ts'
import { SHOP_FLOWS } from '../testing/made-flows.ts'
import { SHOP_REQUESTS } from '../testing/made-requests.ts'
import { recordedFlows } from './recorded-flows.ts'
import { RECORDED_REQUESTS } from './recorded-requests.ts'
import { recordingReader, type BadLine, type Recorded } from './recording.ts'

function readAs<Row>(recorded: Recorded<Row>, pieces: readonly string[]): { rows: Row[]; bad: BadLine[] } {
  const rows: Row[] = []
  const bad: BadLine[] = []
  const reader = recordingReader(
    recorded,
    (row) => rows.push(row),
    (line) => bad.push(line),
  )
  for (const piece of pieces) reader.push(piece)
  reader.end()
  return { rows, bad }
}

function read(pieces: readonly string[]) {
  const { rows, bad } = readAs(recordedFlows(true), pieces)
  return { flows: rows, bad }
}

const encode = jsonEncoder(FlowSchema)
const RECORDING = SHOP_FLOWS.map((flow) => jsonLine(encode(flow))).join('')

test('what observe wrote is read back the same, however it is cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(RECORDING.length), { maxLength: 20 }), (cuts) => {
      const ends = [...cuts, RECORDING.length].sort((a, b) => a - b)
      const { flows, bad } = read(ends.map((end, i) => RECORDING.slice(ends[i - 1] ?? 0, end)))
      assert.deepEqual(bad, [])
      assert.equal(flows.length, SHOP_FLOWS.length)
      for (const [i, flow] of flows.entries()) assert.ok(equals(FlowSchema, flow, SHOP_FLOWS[i]!))
    }),
    { seed: 4, numRuns: 100 },
  )
})

test('bad lines are named by number and the others are read', () => {
  const good = jsonLine(encode(SHOP_FLOWS[1]!)).trim()
  const check = (line: string, reason: RegExp) => {
    const { flows, bad } = read([`${good}\n\n${line}\n${good}`])
    assert.equal(flows.length, 2)
    assert.equal(bad.length, 1)
    assert.equal(bad[0]!.line, 3)
    assert.match(bad[0]!.reason, reason)
  }
  check('{', /not JSON/)
  check('[]', /object/)
  check('null', /object/)
  check('{}', /no event/)
  check('{"event":"FLOW_EVENT_CONNECT","localPort":"x"}', /not a flow/)
  check('{"event":"FLOW_EVENT_CONNECT","localPort":-1}', /not a flow/)
  check('{"event":"FLOW_EVENT_NEVER"}', /no event/)
  check(`{"event":"FLOW_EVENT_CONNECT","host":"${'x'.repeat(70_000)}"}`, /longer than/)
  check('\u0000\u001b[2J', /not JSON/)
  check(REQUESTS.split('\n')[0]!, /not a flow but a request: read it with --requests/)
})

const encodeRequest = jsonEncoder(CapturedRequestSchema)
const REQUESTS = SHOP_REQUESTS.map((request) => jsonLine(encodeRequest(request))).join('')

test('requests are read back the same, long ones too, and what is none is named', () => {
  const { rows, bad } = readAs(RECORDED_REQUESTS, [REQUESTS])
  assert.deepEqual(bad, [])
  assert.equal(rows.length, SHOP_REQUESTS.length)
  for (const [i, row] of rows.entries())
    assert.ok(equals(CapturedRequestSchema, row, SHOP_REQUESTS[i]!), `request ${i}`)
  const headers = Array.from({ length: 128 }, (_, i) => ({ name: `x-${i}`, value: '\u0001'.repeat(512) }))
  const long = JSON.stringify({ request: { requestHeaders: headers } })
  assert.ok(long.length > 65_536)
  assert.deepEqual(readAs(RECORDED_REQUESTS, [long]).bad, [])
  const check = (line: string, reason: RegExp) =>
    assert.match(readAs(RECORDED_REQUESTS, [line]).bad[0]!.reason, reason)
  check(RECORDING.split('\n')[0]!, /not a request but a flow: read it without --requests/)
  check('{}', /no `request`/)
  check('{"request":null}', /is empty/)
  check('{"request":{"httpStatus":"x"}}', /not a request/)
  check(`{"request":{"target":"${'x'.repeat(1 << 19)}"}}`, /longer than/)
})

test('fields of later versions are skipped', () => {
  const { flows, bad } = read(['{"event":"FLOW_EVENT_CONNECT","colour":"blue","localPort":1}\n'])
  assert.deepEqual(bad, [])
  assert.equal(flows[0]!.localPort, 1)
})

test('whatever is thrown at it, every line is a row, bad, or empty', () => {
  const whole = RECORDING + REQUESTS
  const mutated = fc
    .tuple(fc.nat(whole.length - 1), fc.nat(40), fc.string())
    .map(([at, length, text]) => whole.slice(0, at) + text + whole.slice(at + length))
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.json(), mutated), { maxLength: 8 }), (pieces) => {
      const { flows, bad } = read(pieces)
      const lines = pieces.join('').split('\n')
      const filled = lines.filter((line) => line.trim() !== '').length
      assert.equal(flows.length + bad.length, filled)
      const requests = readAs(RECORDED_REQUESTS, pieces)
      assert.equal(requests.rows.length + requests.bad.length, filled)
    }),
    { seed: 5, numRuns: 400 },
  )
})
