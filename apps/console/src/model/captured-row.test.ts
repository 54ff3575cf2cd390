import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { CapturedRequestSchema, RequestOutcome, RequestProtocol } from '@quadrant/proto'
import { addCaptured, durationText, NO_CAPTURES, requestPhases, toCapturedRow } from './captured-row.ts'

type Init = Exclude<MessageInitShape<typeof CapturedRequestSchema>, { $typeName: string }>

const captured = (id: number, init: Init = {}) =>
  create(CapturedRequestSchema, {
    id,
    client: 'addr:203.0.113.9',
    clientAddress: '203.0.113.9',
    server: 'proc:alpha/1007@1700',
    serverService: 'checkout',
    serverPid: 1007,
    serverAddress: '2001:db8::1',
    durationNs: 3e6,
    traceId: '000fff',
    request: {
      startNs: 1.7e18,
      protocol: RequestProtocol.HTTP1,
      outcome: RequestOutcome.ANSWERED,
      method: 'GET',
      httpStatus: 503,
      clientPort: 40_000,
      serverPort: 8080,
    },
    ...init,
  })

test('a captured request becomes a row with names where there are some', () => {
  const { source: _, request: __, ...row } = toCapturedRow(captured(7))!
  assert.deepEqual(row, {
    key: '7',
    timeMs: 1.7e12,
    method: 'GET',
    route: '',
    target: '',
    protocol: 'http1',
    status: '503',
    tone: 'bad',
    durationNs: 3e6,
    latencyNs: 3e6,
    client: { name: '203.0.113.9', id: 'addr:203.0.113.9', address: '203.0.113.9', port: 40_000, pid: 0 },
    server: {
      name: 'checkout',
      id: 'proc:alpha/1007@1700',
      address: '2001:db8::1',
      port: 8080,
      pid: 1007,
    },
    traceId: '000fff',
    spanId: '',
  })
  assert.equal(toCapturedRow(captured(1, { serverService: '' }))!.server.name, '1007 on alpha')
  assert.equal(toCapturedRow(captured(1, { durationNs: 0 }))!.durationNs, undefined)
  assert.equal(toCapturedRow(create(CapturedRequestSchema, { id: 1 })), undefined)
})

test('where the end was not seen, the first byte of the response says how long it took at least', () => {
  const request = { ...captured(1).request!, responseStartNs: 1.9e6 }
  const check = (init: Init, text: string | undefined, latencyNs: number | undefined) => {
    const row = toCapturedRow(captured(1, init))!
    assert.deepEqual([durationText(row), row.latencyNs], [text, latencyNs])
  }
  check({ request }, '3.00 ms', 3e6)
  check({ request, durationNs: 0 }, '≥ 1.90 ms', 1.9e6)
  check({ durationNs: 0 }, undefined, undefined)
})

test('pages and what comes live are one list, newest first, each once', () => {
  const ids = ({ rows }: { rows: readonly { key: string }[] }) => rows.map(({ key }) => key)
  let buffer = addCaptured(NO_CAPTURES, [captured(9), captured(8)])
  buffer = addCaptured(buffer, [captured(5), captured(8)])
  buffer = addCaptured(buffer, [captured(11), captured(10)])
  assert.deepEqual(ids(buffer), ['11', '10', '9', '8', '5'])
  assert.equal(buffer.newestId, 11)
  assert.equal(addCaptured(buffer, [captured(9)]), buffer)
  const short = addCaptured(buffer, [captured(12)], 3)
  assert.deepEqual([ids(short), short.forgottenCount], [['12', '11', '10'], 3])
})

test('a phase is known where both of its ends were seen', () => {
  const phases = (requestEndNs: number, responseStartNs: number, responseEndNs: number) =>
    Object.values(
      requestPhases(captured(1, { request: { requestEndNs, responseStartNs, responseEndNs } }).request!),
    )
  assert.deepEqual(phases(10, 60, 100), [10, 50, 40])
  assert.deepEqual(phases(0, 60, 100), [undefined, undefined, 40])
  assert.deepEqual(phases(10, 0, 0), [10, undefined, undefined])
  // A server may answer before it has read everything.
  assert.deepEqual(phases(80, 60, 100), [80, 0, 40])
})
