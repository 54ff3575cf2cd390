import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { Http1Limits } from './http1-limits.ts'
import type { RequestHead } from './request-head.ts'
import { RequestParser } from './request-parser.ts'
import { readRequests } from './testing/read-outcome.ts'

/** Remembers the last of each, and all in order. */
class Seen {
  readonly calls: string[] = []
  last: RequestHead | undefined
  readonly chunks: Buffer[] = []
  trailerMap: HeaderMap | undefined
  /** Done in `end`. */
  atEnd: () => void = () => {}

  head(head: RequestHead): void {
    this.last = head
    this.calls.push(`head ${head.target}`)
  }

  body(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.calls.push(`body ${chunk.length}`)
  }

  trailers(trailers: HeaderMap): void {
    this.trailerMap = trailers
    this.calls.push('trailers')
  }

  end(): void {
    this.calls.push('end')
    this.atEnd()
  }
}

function open(limits: Partial<Http1Limits> = {}) {
  const seen = new Seen()
  return { seen, parser: new RequestParser(seen, { scheme: 'https', limits }) }
}

function headOf(text: string): RequestHead {
  const { seen, parser } = open()
  parser.execute(Buffer.from(text, 'latin1'))
  assert.equal(parser.error, undefined)
  return seen.last!
}

const GET = 'GET /a?b=c HTTP/1.1\r\nHost: A.example:8443\r\nX-One:  1 \r\naccept: */*\r\nX-One: 2\r\n\r\n'

test('a head has pseudo-headers first, names in lower-case, values without white space around, and no Host', () => {
  const { headers, byteLength, ...head } = headOf(GET)
  assert.deepEqual(
    [...headers],
    [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'A.example:8443'],
      [':path', '/a?b=c'],
      ['x-one', '1'],
      ['accept', '*/*'],
      ['x-one', '2'],
    ],
  )
  assert.equal(headers.byteLength, [...headers].flat().join('').length)
  assert.equal(byteLength, GET.length)
  assert.deepEqual(head, {
    method: 'GET',
    target: '/a?b=c',
    minor: 1,
    framing: 'none',
    contentLength: undefined,
    isEnd: true,
    keepAlive: true,
    expectContinue: false,
    upgrade: undefined,
    hasHopByHop: false,
  })
})

test('the connection is kept as both sides understand it', () => {
  const keepAlive = (version: string, connection: string) =>
    headOf(`GET / HTTP/${version}\r\nHost: a\r\n${connection}\r\n`).keepAlive
  assert.equal(keepAlive('1.1', ''), true)
  assert.equal(keepAlive('1.1', 'Connection: x, Close\r\n'), false)
  assert.equal(keepAlive('1.1', 'Connection: keep-alive\r\nConnection: close\r\n'), false)
  assert.equal(keepAlive('1.1', 'Connection: closed\r\n'), true)
  assert.equal(keepAlive('1.0', ''), false)
  assert.equal(keepAlive('1.0', 'Connection: Keep-Alive\r\n'), true)
  assert.equal(keepAlive('1.0', 'Connection: keep-alive, close\r\n'), false)
})

test('an upgrade is one where Connection says so as well, and not in HTTP/1.0', () => {
  const upgrade = (version: string, fields: string) =>
    headOf(`GET / HTTP/${version}\r\nHost: a\r\n${fields}\r\n`).upgrade
  assert.equal(upgrade('1.1', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), 'websocket')
  assert.equal(
    upgrade('1.1', 'Connection: keep-alive, Upgrade\r\nUpgrade: a, b\r\nUpgrade: c\r\n'),
    'a, b, c',
  )
  assert.equal(upgrade('1.1', 'Upgrade: websocket\r\n'), undefined)
  assert.equal(upgrade('1.1', 'Connection: Upgrade\r\n'), undefined)
  assert.equal(upgrade('1.0', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), undefined)
})

test('100 (Continue) is expected where content is to come, and not in HTTP/1.0', () => {
  const expects = (version: string, fields: string) =>
    headOf(`POST / HTTP/${version}\r\nHost: a\r\nExpect: 100-Continue\r\n${fields}\r\n`).expectContinue
  assert.equal(expects('1.1', 'Content-Length: 5\r\n'), true)
  assert.equal(expects('1.1', 'Transfer-Encoding: chunked\r\n'), true)
  assert.equal(expects('1.1', 'Content-Length: 0\r\n'), false)
  assert.equal(expects('1.1', ''), false)
  assert.equal(expects('1.0', 'Content-Length: 5\r\n'), false)
})

test('the second of two requests is not looked at before the first is answered', () => {
  const { seen, parser } = open()
  const first = 'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi'
  const bytes = Buffer.from(`${first}BAD\n`)
  assert.equal(parser.execute(bytes), first.length)
  assert.deepEqual(seen.calls, ['head /1', 'body 2', 'end'])
  assert.equal(parser.isPaused, true)
  assert.equal(parser.execute(bytes.subarray(first.length)), 0)
  assert.equal(parser.error, undefined)
  parser.resume()
  parser.execute(bytes.subarray(first.length))
  assert.deepEqual(parser.error, { code: 'bare-lf', status: 400, offset: first.length + 3 })
  assert.equal(parser.execute(Buffer.from(GET)), 0)
})

test('requests that are answered at once follow one another in one call', () => {
  const { seen, parser } = open()
  seen.atEnd = () => parser.resume()
  assert.equal(parser.execute(Buffer.from(GET + GET)), 2 * GET.length)
  assert.deepEqual(seen.calls, ['head /a?b=c', 'end', 'head /a?b=c', 'end'])
  assert.equal(parser.isIdle, true)
  assert.equal(parser.eof(), undefined)
})

test('behind the last request of a connection nothing is read', () => {
  const { seen, parser } = open()
  seen.atEnd = () => parser.resume()
  const last = 'GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  assert.equal(parser.execute(Buffer.from(last + GET)), last.length)
  assert.equal(parser.execute(Buffer.from(GET)), 0)
  assert.equal(parser.eof(), undefined)
  assert.deepEqual(seen.calls, ['head /1', 'end'])
})

test('a body can be paused at a chunk, and its parts are parts of what came', () => {
  const { seen, parser } = open()
  const bytes = Buffer.from(
    'POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
  )
  let at = 0
  seen.body = (chunk) => {
    assert.equal(chunk.buffer, bytes.buffer)
    seen.calls.push(`body ${chunk.toString()}`)
    parser.pause()
  }
  for (let turn = 0; turn < 3; turn++) {
    parser.resume()
    at += parser.execute(bytes.subarray(at))
    seen.calls.push('|')
  }
  assert.deepEqual(seen.calls, ['head /1', 'body abc', '|', 'body de', '|', 'end', '|'])
  assert.equal(at, bytes.length)
})

test('behind CONNECT the bytes are not ours', () => {
  const { seen, parser } = open()
  const head = 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'
  assert.equal(parser.execute(Buffer.from(`${head}\x16\x03`)), head.length)
  assert.equal(parser.isTunnel, true)
  assert.equal(parser.execute(Buffer.from(GET)), 0)
  assert.equal(parser.eof(), undefined)
  assert.deepEqual(seen.calls, ['head a:443'])
  assert.deepEqual(
    [...seen.last!.headers],
    [
      [':method', 'CONNECT'],
      [':authority', 'a:443'],
    ],
  )
})

test('limits are those that are asked for', () => {
  const refused = (text: string, limits: Partial<Http1Limits>) =>
    readRequests(Buffer.from(text), [], limits).refused?.split(' ')[0]
  const post = (rest: string) => `POST /1234 HTTP/1.1\r\nHost: a\r\n${rest}`
  assert.equal(refused(post('\r\n'), { requestLineBytesMax: 9 }), 'target-too-long')
  assert.equal(refused(post('\r\n'), { requestLineBytesMax: 11 }), undefined)
  assert.equal(refused(post('\r\n'), { headBytesMax: post('\r\n').length - 1 }), 'head-too-large')
  assert.equal(refused(post('\r\n'), { headBytesMax: post('\r\n').length }), undefined)
  assert.equal(refused(post('X: y\r\n\r\n'), { fieldCountMax: 1 }), 'too-many-fields')
  assert.equal(refused(post('Content-Length: 5\r\n\r\nhello'), { bodyBytesMax: 4 }), 'body-too-large')
  assert.equal(refused(post('Content-Length: 5\r\n\r\nhello'), { bodyBytesMax: 5 }), undefined)
  const chunked = post('Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a\r\nlo\r\n0\r\nX: y\r\n\r\n')
  assert.equal(refused(chunked, { bodyBytesMax: 4 }), 'body-too-large')
  assert.equal(refused(chunked, { bodyBytesMax: 5 }), undefined)
  assert.equal(refused(chunked, { chunkExtensionBytesMax: 1 }), 'chunk-extensions-too-large')
  assert.equal(refused(chunked, { trailerBytesMax: 7 }), 'trailers-too-large')
  assert.equal(refused(chunked, { trailerBytesMax: 8 }), undefined)
})

test('names nobody knows are learnt, and are right also where their hashes meet', () => {
  const names = Array.from({ length: 5000 }, (_, i) => `x-${(i * 7919).toString(36)}-${i % 7}`)
  for (let round = 0; round < 2; round++)
    for (let i = 0; i < names.length; i += 50) {
      const some = names.slice(i, i + 50)
      const text = `GET / HTTP/1.1\r\nHost: a\r\n${some.map((name) => `${name.toUpperCase()}: y\r\n`).join('')}\r\n`
      assert.deepEqual(headOf(text).headers.names.slice(4), some)
    }
})

test('a head that comes byte by byte without end is kept up to its limit, and looked at once', () => {
  const { parser } = open()
  parser.execute(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX: '))
  let count = 0
  let heldBytesMax = 0
  const byte = Buffer.from('y')
  while (parser.error === undefined && count < 1_000_000) {
    count += parser.execute(byte)
    heldBytesMax = Math.max(heldBytesMax, parser.heldBytes)
  }
  assert.equal(parser.error?.code, 'head-too-large')
  assert.ok(count <= 65_536)
  assert.equal(heldBytesMax, 65_536)
  assert.equal(parser.heldBytes, 0)
})

test('of a body nothing is kept, and of a head nothing once it is whole', () => {
  const { parser } = open()
  const pieces = [
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-',
    'Encoding: chunked\r\n\r',
    '\n1',
    '0;a',
    '\r\n0123',
    '456789abcdef\r\n',
  ]
  const held = pieces.map((piece) => {
    assert.equal(parser.execute(Buffer.from(piece)), piece.length)
    return parser.heldBytes > 0
  })
  assert.deepEqual(held, [true, true, false, false, false, false])
})
