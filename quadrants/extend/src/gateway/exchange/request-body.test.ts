import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UpstreamStream } from '../upstream/upstream-stream.ts'
import { RequestBody } from './request-body.ts'

/** Writes down what it is given. @param onChunk before each: what comes of a stream that fails under it */
function stream(onChunk: () => void = () => {}): UpstreamStream & { readonly text: () => string } {
  let text = ''
  return {
    text: () => text,
    localAddress: '',
    requestHead: () => {},
    requestBody: (bytes, isEnd) => {
      onChunk()
      text += Buffer.from(bytes).toString() + (isEnd ? '.' : '')
      return true
    },
    requestTrailers: () => (text += ';'),
    flush: () => {},
    holdResponse: () => {},
    reset: () => {},
  }
}

function bodyOf(replayBytesMax: number): RequestBody {
  const body = new RequestBody(replayBytesMax)
  body.add(Buffer.from('one'), false)
  body.add(Buffer.from('two'), true)
  return body
}

test('a try that fails while it is given the body leaves all of it to the next', () => {
  const body = bodyOf(6)
  let failures = 0
  body.sendTo(stream(() => failures++ === 0 && body.rewind()))
  assert.deepEqual([body.isReplayable, body.waitingBytes], [true, 6])
  const next = stream()
  assert.ok(body.sendTo(next))
  assert.equal(next.text(), 'onetwo.')
})

test('what is longer than may be kept is known to be lost before it is sent', () => {
  const body = bodyOf(5)
  const seen: boolean[] = []
  const only = stream(() => seen.push(body.isReplayable))
  body.sendTo(only)
  assert.equal(only.text(), 'onetwo.')
  assert.deepEqual(seen, [false, false])
})
