import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestOutcome, RequestProtocol } from '@quadrant/proto'
import { endingLooks, opaqueWords } from './request-words.ts'

const { ANSWERED, ABORTED } = RequestOutcome

test('how a request ended is told by its own status, gRPC before HTTP, and an end before the answer before both', () => {
  const looks = (httpStatus: number, grpcStatus?: number, outcome: RequestOutcome = ANSWERED) => {
    const protocol = grpcStatus === undefined ? RequestProtocol.HTTP2 : RequestProtocol.GRPC
    const { text, tone } = endingLooks({ protocol, httpStatus, grpcStatus, outcome })
    return `${text} ${tone}`
  }
  assert.equal(looks(200), '200 good')
  assert.equal(looks(304), '304 good')
  assert.equal(looks(404), '404 caution')
  assert.equal(looks(503), '503 bad')
  assert.equal(looks(0), 'no status quiet')
  assert.equal(looks(200, 0), 'ok good')
  assert.equal(looks(200, 5), '5 not_found caution')
  assert.equal(looks(200, 14), '14 unavailable bad')
  assert.equal(looks(200, 99), '99 99 bad')
  assert.equal(looks(0, undefined, ABORTED), 'aborted bad')
  assert.equal(looks(200, undefined, ABORTED), 'aborted bad')
})

test('what is not known is told as it came', () => {
  assert.equal(opaqueWords('tls'), 'TLS: what is inside was not read')
  assert.equal(opaqueWords('toString'), 'toString')
})
