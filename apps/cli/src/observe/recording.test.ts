import assert from 'node:assert/strict'
import { test } from 'node:test'
import { equals } from '@bufbuild/protobuf'
import { FlowSchema, type Flow } from '@quadrant/proto'
import fc from 'fast-check'
import { jsonEncoder, jsonLine } from '../output/json.ts'
import { SHOP_FLOWS } from '../testing/made-flows.ts'
import { recordingReader, type BadLine } from './recording.ts'

function read(pieces: readonly string[]): { flows: Flow[]; bad: BadLine[] } {
  const flows: Flow[] = []
  const bad: BadLine[] = []
  const reader = recordingReader(
    (flow) => flows.push(flow),
    (line) => bad.push(line),
  )
  for (const piece of pieces) reader.push(piece)
  reader.end()
  return { flows, bad }
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
})

test('fields of later versions are skipped', () => {
  const { flows, bad } = read(['{"event":"FLOW_EVENT_CONNECT","colour":"blue","localPort":1}\n'])
  assert.deepEqual(bad, [])
  assert.equal(flows[0]!.localPort, 1)
})

test('whatever is thrown at it, every line is a flow, bad, or empty', () => {
  const mutated = fc
    .tuple(fc.nat(RECORDING.length - 1), fc.nat(40), fc.string())
    .map(([at, length, text]) => RECORDING.slice(0, at) + text + RECORDING.slice(at + length))
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.json(), mutated), { maxLength: 8 }), (pieces) => {
      const { flows, bad } = read(pieces)
      const lines = pieces.join('').split('\n')
      const filled = lines.filter((line) => line.trim() !== '').length
      assert.equal(flows.length + bad.length, filled)
    }),
    { seed: 5, numRuns: 400 },
  )
})
