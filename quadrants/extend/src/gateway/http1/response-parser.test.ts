import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AskedRequest, ResponseHead } from './response-head.ts'
import { ResponseParser } from './response-parser.ts'
import { readResponse } from './testing/read-outcome.ts'

function open() {
  const calls: string[] = []
  const heads: ResponseHead[] = []
  const handler = {
    head: (head: ResponseHead) => {
      heads.push(head)
      calls.push(`head ${head.status} ${head.framing}`)
    },
    body: (chunk: Buffer) => void calls.push(`body ${chunk.toString()}`),
    trailers: () => void calls.push('trailers'),
    end: () => void calls.push('end'),
  }
  return { calls, heads, handler, parser: new ResponseParser(handler) }
}

function headTo(asked: Partial<AskedRequest>, text: string) {
  const { calls, heads, parser } = open()
  parser.expect({ method: 'GET', isUpgrade: false, ...asked })
  parser.execute(Buffer.from(text))
  return { head: heads.at(-1)!, calls, parser }
}

test('what frames a response depends on what was asked', () => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'
  const head = headTo({ method: 'HEAD' }, text)
  assert.deepEqual(head.calls, ['head 200 none', 'end'])
  assert.equal(head.head.contentLength, 5)
  assert.equal(head.head.headers.get('content-length'), '5')
  assert.deepEqual(
    headTo({ method: 'HEAD' }, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n').calls,
    ['head 200 none', 'end'],
  )
  assert.deepEqual(headTo({}, text).calls, ['head 200 length'])
  const tunnel = headTo({ method: 'CONNECT' }, `${text}\x16`)
  assert.deepEqual(tunnel.calls, ['head 200 upgrade'])
  assert.equal(tunnel.parser.isTunnel, true)
  assert.equal(tunnel.head.headers.has('content-length'), false)
  assert.deepEqual(headTo({ method: 'CONNECT' }, 'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno').calls, [
    'head 403 length',
    'body no',
    'end',
  ])
})

test('101 goes on in what was asked for', () => {
  const text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
  const { head, parser } = headTo({ isUpgrade: true }, text)
  assert.equal(head.upgrade, 'websocket')
  assert.equal(parser.isTunnel, true)
  assert.equal(parser.execute(Buffer.from('\x81')), 0)
  assert.equal(headTo({}, text).parser.error?.code, 'unexpected-upgrade')
})

test('interim responses come before the one, each with its fields', () => {
  const { head, calls } = headTo(
    {},
    'HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  )
  assert.deepEqual(calls, ['head 103 none', 'head 200 length', 'end'])
  assert.equal(head.isEnd, true)
})

test('a connection is kept unless its end is the end of the content', () => {
  const keepAlive = (text: string) => headTo({}, text).head.keepAlive
  assert.equal(keepAlive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), true)
  assert.equal(keepAlive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'), false)
  assert.equal(keepAlive('HTTP/1.1 200 OK\r\n\r\n'), false)
  assert.equal(keepAlive('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'), false)
  assert.equal(keepAlive('HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n'), true)
})

test('one response after the other, each to its request; bytes in between answer nothing', () => {
  const { calls, parser } = open()
  const text = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
  assert.equal(parser.isIdle, true)
  for (let i = 0; i < 2; i++) {
    parser.expect({ method: 'GET', isUpgrade: false })
    assert.equal(parser.execute(text), text.length)
  }
  assert.deepEqual(calls, ['head 200 length', 'body hi', 'end', 'head 200 length', 'body hi', 'end'])
  assert.equal(parser.execute(Buffer.from('H')), 0)
  assert.deepEqual(parser.error, { code: 'unexpected-response', status: 502, offset: 2 * text.length })
})

test('bytes behind a response are not the answer to what is asked next', () => {
  const { calls, handler, parser } = open()
  handler.end = () => {
    calls.push('end')
    parser.expect({ method: 'GET', isUpgrade: false })
  }
  parser.expect({ method: 'GET', isUpgrade: false })
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  assert.equal(parser.execute(Buffer.from(text + text)), text.length)
  assert.deepEqual(calls, ['head 200 length', 'end'])
  assert.equal(parser.error?.code, 'unexpected-response')
})

test('the end of a connection ends content, is nothing between two, and is too early elsewhere', () => {
  assert.deepEqual(readResponse(Buffer.from('HTTP/1.1 200 OK\r\n\r\nabc')).messages[0]?.body, 'abc')
  const { parser } = open()
  assert.equal(parser.eof(), undefined)
  parser.expect({ method: 'GET', isUpgrade: false })
  assert.equal(parser.eof()?.code, 'premature-end')
})
