import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestOutcome, RequestProtocol } from '@quadrant/proto'
import { ExchangeCapture } from './captured-exchange.ts'
import { CapturesUnderWay } from './captures-under-way.ts'
import { fields, frame, OPENING, SETTINGS } from './http2/testing/frames.ts'
import { Http2Connection } from './http2/streams/http2-connection.ts'
import { HeaderLimit } from './redaction/redact-headers.ts'
import { requestCaptureOf } from './request-capture.ts'

const PLACE = {
  cgroupId: 1,
  side: 'server',
  serverPort: 80,
  serverAddress: '',
  peer: 'loopback',
} as const

type Fields = Readonly<Record<string, string>>
interface Answer {
  readonly head?: Fields
  readonly trailers?: Fields
}

/** Captures one request, which is answered as `answer` says; without one the connection is closed. */
function capture(request: Fields, { head, trailers }: Answer = {}) {
  const captures: ExchangeCapture[] = []
  let endedCount = 0
  const connection = new Http2Connection(() => undefined, {
    watch: (exchange, block) => {
      const origin = { connection: 17, place: PLACE, source: 'packets' as const, generation: 3, rule: 0 }
      const onEnd = () => void endedCount++
      const one = new ExchangeCapture(exchange, block, origin, { secrets: { headers: ['x-mine'] }, onEnd })
      captures.push(one)
      return one
    },
  })
  connection.collect(true)
  const isLast = (flag: boolean) => (flag ? 5 : 4)
  connection.push('client', Buffer.concat([OPENING, frame(1, isLast(true), 1, fields(request))]), 1000)
  connection.push('server', SETTINGS, 1001)
  if (head) connection.push('server', frame(1, isLast(trailers === undefined), 1, fields(head)), 3000)
  if (trailers) connection.push('server', frame(1, isLast(true), 1, fields(trailers)), 4000)
  connection.close(5000)
  assert.equal(endedCount, 1)
  const [exchange] = captures as [ExchangeCapture]
  return requestCaptureOf({ exchange, route: '/r', rule: 'high', socket: undefined, epochOffsetNs: 1e18 })
}

const CALL = {
  ':method': 'POST',
  ':path': '/shop.Cart/Add?token=s3cret',
  ':authority': 'shop:50051',
  'content-type': 'application/grpc',
  authorization: 'Bearer s3cret-s3cret',
  'x-mine': 's3cret',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
}

test('a call is told with its fields, status, trailers and times', () => {
  const told = capture(CALL, {
    head: { ':status': '200', 'content-type': 'application/grpc', 'set-cookie': 's3cret' },
    trailers: { 'grpc-status': '5', 'grpc-message': 'no token=s3cret' },
  })
  assert.deepEqual(
    [told.protocol, told.outcome, told.httpStatus, told.grpcStatus, told.stream, told.cookie],
    [RequestProtocol.GRPC, RequestOutcome.ANSWERED, 200, 5, 1, 17],
  )
  assert.deepEqual(
    [told.method, told.target, told.authority],
    ['POST', '/shop.Cart/Add?token=[redacted]', 'shop:50051'],
  )
  assert.equal(told.startNs, 1e18 + 1000)
  assert.deepEqual([told.requestEndNs, told.responseStartNs, told.responseEndNs], [0, 2000, 3000])
  assert.equal(Buffer.from(told.traceId).toString('hex'), '4bf92f3577b34da6a3ce929d0e0e4736')
  const text = (of: typeof told.requestHeaders) => of.map(({ name, value }) => `${name}: ${value}`)
  assert.deepEqual(text(told.requestHeaders), [
    'content-type: application/grpc',
    'authorization: [redacted]',
    'x-mine: [redacted]',
    `traceparent: ${CALL.traceparent}`,
  ])
  assert.deepEqual(text(told.responseHeaders), [
    'content-type: application/grpc',
    'set-cookie: [redacted]',
    'grpc-status: 5',
    'grpc-message: no token=[redacted]',
  ])
  assert.deepEqual([told.headersOmitted, told.headersUnknown], [0, 0])
})

test('one that is not answered, and one that becomes a tunnel', () => {
  const alone = capture(CALL)
  assert.deepEqual(
    [alone.outcome, alone.httpStatus, alone.grpcStatus, alone.responseStartNs, alone.responseEndNs],
    [RequestOutcome.ABORTED, 0, undefined, 0, 0],
  )
  const tunnel = capture({ ':method': 'CONNECT', ':authority': 'shop:443' }, { head: { ':status': '200' } })
  assert.deepEqual([tunnel.outcome, tunnel.target], [RequestOutcome.UPGRADED, 'shop:443'])
})

test('what is kept of each side is bounded, with the trailers', () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-${i}`, 'y'.repeat(100)]))
  const told = capture({ ...CALL, ...many }, { head: { ':status': '200', ...many }, trailers: many })
  assert.equal(told.requestHeaders.length, HeaderLimit.fields)
  assert.equal(told.responseHeaders.length, HeaderLimit.fields)
  assert.deepEqual([told.headersOmitted, told.headersUnknown], [4 + 60 - 64 + 120 - 64, 0])
  // Longer than what is read of a field.
  const long = capture({ ...CALL, 'x-long': 'z'.repeat(9000) }, { head: { ':status': '200' } })
  assert.deepEqual([long.headersOmitted, long.headersUnknown], [1, 1])
})

test('captures wait until they are over, so long, and so many', () => {
  const underWay = new CapturesUnderWay<number>()
  const captureOf = (startNs: number, isOver: boolean) =>
    ({ startNs, isOver }) as unknown as Parameters<typeof underWay.add>[0]
  underWay.add(captureOf(0, true), 1)
  underWay.add(captureOf(0, false), 2)
  underWay.add(captureOf(1e9, false), 3)
  const notes = (nowNs: number) => underWay.take(nowNs).map(({ note }) => note)
  assert.deepEqual(notes(1e9), [1])
  assert.deepEqual(notes(30e9), [2])
  assert.deepEqual(notes(30e9), [])
  for (let i = 0; i < 2000; i++) underWay.add(captureOf(31e9, false), 4)
  assert.equal(underWay.limitCount, 2000 - 1023)
  assert.equal(notes(61e9).length, 1024)
})
