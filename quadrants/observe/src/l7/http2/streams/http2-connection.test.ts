import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fields, frame, literal, OPENING, SETTINGS, SETTINGS_ACK } from '../testing/frames.ts'
import { Http2Connection, type Http2ConnectionOptions } from './http2-connection.ts'
import type { HttpExchange } from './http-exchange.ts'

/** A connection whose time goes on by one with each piece. */
class Talk {
  readonly told: HttpExchange[] = []
  readonly connection: Http2Connection
  #now = 0

  constructor(options?: Http2ConnectionOptions) {
    this.connection = new Http2Connection((exchange) => this.told.push(exchange), options)
    if (options?.isFromStart === false) return
    this.connection.push('client', OPENING, 0)
    this.connection.push('server', SETTINGS, 0)
  }

  client(...frames: readonly Uint8Array[]): this {
    for (const bytes of frames) this.connection.push('client', bytes, ++this.#now)
    return this
  }

  server(...frames: readonly Uint8Array[]): this {
    for (const bytes of frames) this.connection.push('server', bytes, ++this.#now)
    return this
  }

  /** One line an exchange. */
  get lines(): string[] {
    return this.told.map(
      ({ streamId, method, path, status, end, hasUnknownFields }) =>
        `${streamId} ${method} ${path} ${status} ${end}${hasUnknownFields ? ' unknown' : ''}`,
    )
  }
}

const END = 1
const GET = fields({ ':method': 'GET', ':path': '/a', ':authority': 'shop' })
const get = (streamId: number, flags = END) => frame(1, 4 | flags, streamId, GET)
const respond = (streamId: number, of: Readonly<Record<string, string>>, flags = END) =>
  frame(1, 4 | flags, streamId, fields(of))
const OK = { ':status': '200' }

test('times and bytes are those of the pieces', () => {
  const talk = new Talk()
  talk.client(get(1, 0), frame(0, 0, 1, 'aabb'), frame(0, END, 1, 'cc'))
  talk.server(
    respond(1, { ':status': '103' }, 0),
    respond(1, OK, 0),
    frame(0, 0, 1, 'dddddddd'),
    frame(0, END, 1),
  )
  const [told] = talk.told
  assert.deepEqual(
    { ...told },
    {
      streamId: 1,
      isPushed: false,
      method: 'GET',
      path: '/a',
      authority: 'shop',
      status: 200,
      informational: [103],
      hasUnknownFields: false,
      isGrpc: false,
      grpcService: undefined,
      grpcMethod: undefined,
      grpcStatus: undefined,
      grpcMessage: undefined,
      requestStartNs: 1,
      requestEndNs: 3,
      responseStartNs: 5,
      responseEndNs: 7,
      endNs: 7,
      requestBytes: 3,
      responseBytes: 4,
      end: 'complete',
      errorCode: undefined,
      resetBy: undefined,
      fields: new Map(),
    },
  )
})

test('gRPC: status of trailers only, and none where there is none', () => {
  const talk = new Talk()
  const call = (streamId: number, path: string) =>
    frame(
      1,
      5,
      streamId,
      fields({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc+proto' }),
    )
  talk.client(call(1, '/a.b.C/D'), call(3, '/x/a.b.C/D'), call(5, 'odd'))
  talk.server(
    respond(1, { ...OK, 'grpc-status': '5', 'grpc-message': 'no' }),
    respond(3, { ...OK, 'grpc-status': '1' }, 0),
    respond(3, { 'grpc-status': '0' }),
    respond(5, { ...OK, 'grpc-status': 'x' }),
  )
  assert.deepEqual(
    talk.told.map((told) => [
      told.grpcService,
      told.grpcMethod,
      told.grpcStatus,
      told.grpcMessage,
      told.isGrpc,
    ]),
    [
      ['a.b.C', 'D', 5, 'no', true],
      ['x/a.b.C', 'D', 0, undefined, true],
      [undefined, undefined, undefined, undefined, true],
    ],
  )
  const web = new Talk()
  web.client(
    frame(1, 5, 1, fields({ ':method': 'POST', ':path': '/', 'content-type': 'application/grpc-web' })),
  )
  web.server(respond(1, OK))
  assert.equal(web.told[0]!.isGrpc, false)
})

test('an answer before the end of the request waits for it, or for the reset that says it is not wanted', () => {
  const talk = new Talk()
  talk.client(get(1, 0), get(3, 0), get(5, 0))
  talk.server(respond(1, OK), respond(3, OK), respond(5, OK))
  assert.deepEqual(talk.lines, [])
  talk.client(frame(0, END, 1))
  talk.server(frame(3, 0, 3, '00000000'))
  talk.connection.close(100)
  assert.deepEqual(talk.lines, ['1 GET /a 200 complete', '3 GET /a 200 complete', '5 GET /a 200 complete'])
  assert.deepEqual(talk.told[1]!.errorCode, 0)
})

test('a farewell ends what the server will not look at; the end of the connection the rest', () => {
  const talk = new Talk()
  talk.client(get(1), get(3), get(5)).server(frame(7, 0, 0, '0000000300000002'))
  talk.server(respond(1, OK))
  talk.connection.close(50)
  assert.deepEqual(talk.lines, [
    '5 GET /a undefined goaway',
    '1 GET /a 200 complete',
    '3 GET /a undefined closed',
  ])
  assert.equal(talk.told[0]!.errorCode, 2)
})

test('streams over the limit are counted, once', () => {
  const talk = new Talk({ streamsMax: 2 })
  talk.client(get(1), get(3), get(5), frame(0, 0, 5, '00'))
  talk.server(respond(5, OK), respond(1, OK), respond(3, OK))
  talk.client(get(7)).server(respond(7, OK))
  assert.deepEqual(talk.connection.counts().exchanges, { seen: 4, kept: 3, open: 0, overflow: 1 })
  assert.deepEqual(
    talk.told.map(({ streamId }) => streamId),
    [1, 3, 7],
  )
})

test('the server first: the pieces of both sides need not be in order', () => {
  const talk = new Talk()
  talk.server(respond(1, OK)).client(get(1))
  talk.client(get(3)).server(respond(3, OK))
  assert.deepEqual(talk.lines, ['1 GET /a 200 complete', '3 GET /a 200 complete'])
})

test('who joins late tells what is seen, and says what is not known', () => {
  const talk = new Talk({ isFromStart: false })
  // Stream 7 began before, 9 refers to what was said before, 11 does not.
  talk.server(respond(7, OK))
  talk.client(frame(1, 5, 9, 'bebf'), get(11))
  talk.server(frame(1, 5, 9, '88'), frame(1, 5, 11, 'c0'))
  // Of 5 the trailers are all there is, of 3 the last data.
  talk.server(respond(5, { 'grpc-status': '2' }), frame(0, END, 3, 'aa'))
  assert.deepEqual(talk.lines, [
    '7 undefined undefined 200 complete',
    '9 undefined undefined 200 complete unknown',
    '11 GET /a undefined complete unknown',
    '5 undefined undefined undefined complete',
    '3 undefined undefined undefined complete',
  ])
  assert.equal(talk.connection.counts().unknownFields, 3)
})

test('a lost header block is one exchange with unknown fields; what the table holds is unknown after it', () => {
  const talk = new Talk()
  const added = Buffer.concat([Buffer.from('82', 'hex'), Buffer.from('44022f62', 'hex')])
  talk.client(frame(1, 5, 1, added), frame(1, 5, 3, '82be')).server(respond(1, OK), respond(3, OK))
  const torn = frame(1, 5, 5, added)
  talk.client(torn.subarray(0, 11))
  talk.connection.miss('client', torn.length - 11, 10)
  talk.client(frame(1, 5, 7, '82be')).server(respond(5, OK), respond(7, OK))
  assert.deepEqual(talk.lines, [
    '1 GET /b 200 complete',
    '3 GET /b 200 complete',
    '5 undefined undefined 200 complete unknown',
    '7 GET undefined 200 complete unknown',
  ])
  const { lostBlocks, unknownFields, missingBytes } = talk.connection.counts()
  assert.deepEqual([lostBlocks, unknownFields, missingBytes], [1, 1, torn.length - 11])
})

test('a promise that is lost is no response', () => {
  const talk = new Talk().client(get(1))
  const promise = frame(5, 4, 1, Buffer.concat([Buffer.from('00000002', 'hex'), GET]))
  talk.server(promise.subarray(0, 10))
  talk.connection.miss('server', promise.length - 10, 10)
  assert.equal(talk.connection.counts().lostBlocks, 1)
  talk.server(respond(1, OK))
  assert.equal(talk.told[0]!.responseStartNs, 3)
  assert.deepEqual(talk.lines, ['1 GET /a 200 complete'])
})

test('where it cannot be read any more, open exchanges are unknown and the bytes are counted', () => {
  for (const [bytes, reason, offset] of [
    // Offsets in the block, and in what the client has sent.
    [frame(1, 4, 3, '82ff8080808080808001'), 'hpack-integer', 1],
    [frame(9, 4, 3, '82'), 'frame-order', OPENING.length + get(1).length],
    [undefined, 'gap', undefined],
  ] as const) {
    const talk = new Talk().client(get(1))
    if (bytes) talk.client(bytes)
    else talk.connection.miss('client', 100, 5)
    assert.equal(talk.connection.opaque, reason)
    assert.equal(talk.connection.error?.offset, offset)
    assert.deepEqual(talk.lines, ['1 GET /a undefined unknown'])
    talk.client(get(5)).server(respond(5, OK))
    talk.connection.close(9)
    assert.equal(talk.told.length, 1)
    assert.ok(talk.connection.counts().opaqueBytes >= get(5).length)
  }
})

const TABLE_100 = frame(4, 0, 0, '000100000064')

test('settings hold from their acknowledgement on, in whatever order both sides come by', () => {
  const response = (size: string) => frame(1, 5, 1, Buffer.concat([Buffer.from(size, 'hex'), fields(OK)]))
  const outcome = (talk: Talk) => talk.connection.opaque ?? talk.lines[0]
  const fine = '1 GET /a 200 complete'
  const start = () => new Talk().server(SETTINGS_ACK).client(SETTINGS_ACK)
  // Agreed and said; not said; the acknowledgement comes by first; not agreed yet.
  assert.equal(outcome(start().client(TABLE_100, get(1)).server(SETTINGS_ACK, response('3f45'))), fine)
  assert.equal(
    outcome(start().client(TABLE_100, get(1)).server(SETTINGS_ACK, response(''))),
    'hpack-size-update',
  )
  assert.equal(outcome(start().client(get(1)).server(SETTINGS_ACK, response('3f45')).client(TABLE_100)), fine)
  assert.equal(outcome(start().client(TABLE_100, get(1)).server(response('3fe11f'))), fine)
})

test('fields that are asked for, and others later', () => {
  const talk = new Talk({ fields: ['x-a'] })
  const request = (streamId: number) =>
    frame(1, 5, streamId, Buffer.concat([GET, literal('x-a', '1'), literal('x-b', '2'), literal('x-b', '3')]))
  talk.client(request(1)).server(respond(1, OK))
  talk.connection.ask(['x-b'])
  talk.client(request(3)).server(respond(3, OK))
  assert.deepEqual(
    talk.told.map(({ fields }) => Array.from(fields)),
    [[['x-a', '1']], [['x-b', '2']]],
  )
})
