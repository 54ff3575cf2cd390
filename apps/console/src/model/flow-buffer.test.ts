import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { FlowEvent, FlowSchema, Role } from '@quadrant/proto'
import { addFlows, NO_FLOWS } from './flow-buffer.ts'
import { toFlowRow } from './flow-row.ts'

const row = (ms: number, cookie = ms) =>
  toFlowRow(create(FlowSchema, { timeNs: ms * 1e6, cookie, event: FlowEvent.CLOSE }))

test('rows are newest first, each once, in whatever order and however often they come', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat({ max: 40 }), { maxLength: 12 }), { maxLength: 12 }), (batches) => {
      let buffer = NO_FLOWS
      for (const batch of batches)
        buffer = addFlows(
          buffer,
          batch.map((ms) => row(ms)),
        )
      const expected = [...new Set(batches.flat())].sort((a, b) => b - a)
      assert.deepEqual(
        buffer.rows.map(({ timeMs }) => timeMs),
        expected,
      )
    }),
    { seed: 7, numRuns: 200 },
  )
})

test('over the limit the oldest go, and are counted', () => {
  let buffer = NO_FLOWS
  for (let ms = 0; ms < 25; ms += 5)
    buffer = addFlows(
      buffer,
      [0, 1, 2, 3, 4].map((n) => row(ms + n)),
      10,
    )
  assert.equal(buffer.rows.length, 10)
  assert.equal(buffer.rows[0]!.timeMs, 24)
  assert.equal(buffer.forgottenCount, 15)
  assert.equal(addFlows(buffer, [row(24)], 10), buffer)
})

test('the client stands left, whichever end saw the flow', () => {
  const flow = {
    service: 'db',
    localPort: 5432,
    peerService: 'web',
    remotePort: 40_000,
    bytesSent: 900,
    bytesReceived: 100,
  }
  const seenByServer = toFlowRow(create(FlowSchema, { ...flow, role: Role.SERVER }))
  assert.deepEqual([seenByServer.from.name, seenByServer.to.name, seenByServer.to.port], ['web', 'db', 5432])
  assert.deepEqual([seenByServer.bytesToServer, seenByServer.bytesToClient], [100, 900])
  const seenByClient = toFlowRow(create(FlowSchema, { ...flow, role: Role.CLIENT }))
  assert.deepEqual([seenByClient.from.name, seenByClient.bytesToServer], ['db', 900])
})

test('bytes that were not counted, and errors, are said', () => {
  const failed = toFlowRow(
    create(FlowSchema, { event: FlowEvent.FAIL, error: 111, bytesUnknown: true, remoteAddress: '::1' }),
  )
  assert.deepEqual(
    [failed.event, failed.tone, failed.error, failed.bytesToServer, failed.to.name],
    ['fail', 'bad', 'ECONNREFUSED', undefined, '::1'],
  )
})

test('who listens has nobody at the other end', () => {
  const { from, to, bytesToServer } = toFlowRow(
    create(FlowSchema, {
      event: FlowEvent.LISTEN,
      role: Role.SERVER,
      service: 'web',
      localPort: 80,
      remoteAddress: '::',
    }),
  )
  assert.deepEqual([from.name, to.name, to.port, bytesToServer], ['', 'web', 80, undefined])
})
