import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { FieldBlock } from '../http2/streams/exchange-watch.ts'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import { Http1Connection } from './http1-connection.ts'

type Side = 'client' | 'server'
type Piece = readonly [side: Side, text: string]

const SEED = 20_261_126
const BOTH = { client: true, server: true }

/** As `GET / 200 complete 0/5`: bytes of the bodies last. */
function lineOf({ method, path, status, end, requestBytes, responseBytes }: HttpExchange): string {
  return `${method} ${path} ${status ?? '-'} ${end} ${requestBytes}/${responseBytes}`
}

interface Talk {
  readonly lines: readonly string[]
  readonly exchanges: readonly HttpExchange[]
  readonly connection: Http1Connection
}

/** What is told of pieces, each at a time of its own, and of the end after them. */
function talk(pieces: readonly Piece[], isFromStart = BOTH): Talk {
  const exchanges: HttpExchange[] = []
  const connection = new Http1Connection((exchange) => exchanges.push(exchange), { isFromStart })
  let timeNs = 0
  for (const [side, text] of pieces) connection.push(side, Buffer.from(text, 'latin1'), (timeNs += 10), true)
  connection.close(timeNs + 10)
  return { lines: exchanges.map(lineOf), exchanges, connection }
}

const get = (path: string, method = 'GET'): Piece => [
  'client',
  `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`,
]
const answer = (status: number, rest = 'Content-Length: 5\r\n\r\nhello'): Piece => [
  'server',
  `HTTP/1.1 ${status} Some reason\r\n${rest}`,
]

const CASES: readonly (readonly [name: string, pieces: readonly Piece[], lines: readonly string[]])[] = [
  ['a length', [get('/a'), answer(200)], ['GET /a 200 complete 0/5']],
  [
    'requests ahead of their answers, in one piece',
    [
      ['client', get('/a')[1] + get('/b')[1]],
      ['server', answer(200)[1] + answer(404)[1]],
    ],
    ['GET /a 200 complete 0/5', 'GET /b 404 complete 0/5'],
  ],
  [
    'chunks with extensions and trailers, that look like messages',
    [
      get('/a'),
      answer(
        200,
        'Transfer-Encoding: gzip, Chunked\r\n\r\n1b;x="y"\r\nHTTP/1.1 500 No\r\nA: bcd\r\n\r\n\r\n0\r\nX: y\r\n\r\n',
      ),
    ],
    ['GET /a 200 complete 0/27'],
  ],
  [
    'a request’s body in chunks',
    [['client', 'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'], answer(201)],
    ['POST /a 201 complete 3/5'],
  ],
  [
    'no body where there cannot be one',
    [
      get('/a', 'HEAD'),
      answer(200, 'Content-Length: 9999\r\n\r\n'),
      get('/b'),
      answer(304, 'Content-Length: 7\r\n\r\n'),
      get('/c'),
      answer(204, '\r\n'),
    ],
    ['HEAD /a 200 complete 0/0', 'GET /b 304 complete 0/0', 'GET /c 204 complete 0/0'],
  ],
  [
    '1xx before the answer',
    [
      ['client', 'PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'],
      answer(100, '\r\n'),
      ['client', 'ok'],
      answer(200),
    ],
    ['PUT /a 200 complete 2/5'],
  ],
  ['a body up to the end', [get('/a'), answer(200, '\r\nall of it')], ['GET /a 200 complete 0/9']],
  [
    'a body that is cut off',
    [get('/a'), answer(200, 'Content-Length: 50\r\n\r\nhello')],
    ['GET /a 200 closed 0/5'],
  ],
  ['no answer', [get('/a')], ['GET /a - closed 0/0']],
  ['an upgrade', [get('/a'), answer(101, '\r\n'), get('/decoy'), answer(200)], ['GET /a 101 complete 0/0']],
  [
    'a tunnel',
    [get('b:443', 'CONNECT'), answer(200, '\r\n'), get('/decoy')],
    ['CONNECT b:443 200 complete 0/0'],
  ],
  [
    'an answer before the request is over',
    [['client', 'POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nab'], answer(413)],
    ['POST /a 413 complete 2/5'],
  ],
  [
    'bare line feeds, and empty lines before',
    [
      ['client', '\r\n\r\nGET /a HTTP/1.0\n\n'],
      ['server', 'HTTP/1.0 200\nContent-Length: 0\n\n'],
    ],
    ['GET /a 200 complete 0/0'],
  ],
  ['a target with its host', [get('http://x:1/a?b')], ['GET /a?b - closed 0/0']],
  [
    'lengths that differ',
    [['client', 'POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab']],
    ['POST /a - unknown 0/0'],
  ],
]

describe('a connection of HTTP/1', () => {
  for (const [name, pieces, lines] of CASES)
    test(name, () => {
      assert.deepEqual(talk(pieces).lines, lines)
    })

  test('whatever pieces it comes in, the same is told', () => {
    const all = CASES.filter(([, pieces]) => pieces.length > 0)
    fc.assert(
      fc.property(
        fc.nat(all.length - 1),
        fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
        (index, sizes) => {
          const [, pieces, lines] = all[index]!
          const cut: Piece[] = []
          for (const [side, text] of pieces)
            for (let at = 0; at < text.length;) {
              const size = Number(sizes.next().value)
              cut.push([side, text.slice(at, at + size)])
              at += size
            }
          assert.deepEqual(talk(cut).lines, lines)
        },
      ),
      { seed: SEED, numRuns: 300 },
    )
  })

  test('times are of the first byte of the request and of the final answer', () => {
    const [exchange] = talk([
      ['client', 'G'],
      ['client', 'ET / HTTP/1.1\r\nHost: a\r\n\r\n'],
      answer(103, '\r\n'),
      ['server', 'HTTP/1.1 200'],
      ['server', ' OK\r\nContent-Length: 0\r\n\r\n'],
    ]).exchanges
    assert.deepEqual(
      [exchange!.requestStartNs, exchange!.requestEndNs, exchange!.responseStartNs, exchange!.responseEndNs],
      [10, 20, 40, 50],
    )
    assert.deepEqual(exchange!.informational, [103])
  })

  test('who follows a request is given all fields of its head and of its final response, also ahead of answers', () => {
    const seen: string[] = []
    const fieldsOf = ({ list }: FieldBlock) => list.map((field) => field.join('=')).join(' ')
    const connection = new Http1Connection((exchange) => seen.push(lineOf(exchange)), {
      isFromStart: BOTH,
      watch: (exchange, block) => {
        seen.push(`${exchange.path} asks: ${fieldsOf(block)}`)
        if (exchange.path === '/b') return undefined
        return {
          response: (response) => seen.push(`${exchange.path} is answered: ${fieldsOf(response)}`),
          end: () => seen.push(`${exchange.path} is over`),
        }
      },
    })
    const pushBytes = ([side, text]: Piece) => {
      for (const byte of Buffer.from(text)) connection.push(side, Uint8Array.of(byte), 0, false)
    }
    pushBytes(get('/before'))
    connection.collect(true)
    pushBytes(['client', 'GET /a HTTP/1.1\r\nHost: h\r\nX-Mine:  1 \r\nx-mine: 2\r\n\r\n'])
    pushBytes(get('/b'))
    for (const status of [200, 103, 204, 404])
      pushBytes(answer(status, 'Content-Length: 0\r\nX-Is: yes\r\n\r\n'))
    assert.deepEqual(seen, [
      '/a asks: host=h x-mine=1 x-mine=2',
      '/b asks: host=a',
      'GET /before 200 complete 0/0',
      '/a is answered: content-length=0 x-is=yes',
      '/a is over',
      'GET /a 204 complete 0/0',
      'GET /b 404 complete 0/0',
    ])
    connection.collect(false)
    pushBytes(['client', 'GET /c HTTP/1.1\r\nHost: h\r\nX-Mine: 1\r\n\r\n'])
    assert.equal(seen.length, 7)
  })

  test('bytes that are missing of a body with a length are bridged, others are not', () => {
    const told: string[] = []
    const connection = new Http1Connection((exchange) => told.push(lineOf(exchange)), { isFromStart: BOTH })
    const push = ([side, text]: Piece) => connection.push(side, Buffer.from(text), 0, true)
    push(get('/a'))
    push(answer(200, 'Content-Length: 1000\r\n\r\nhello'))
    connection.miss('server', 995, 0)
    push(get('/b'))
    connection.miss('server', 100, 0)
    assert.deepEqual(told.splice(0), ['GET /a 200 complete 0/1000', 'GET /b - unknown 0/0'])
    assert.equal(connection.counts().gaps, 1)
    // Out of step: this answer belongs to nobody, and what follows is in step again.
    push(answer(200))
    push(get('/c'))
    push(answer(200))
    assert.deepEqual(told, ['GET /c 200 complete 0/5'])
  })

  test('joined: what looks like a message within a body is none', () => {
    const joined = { client: false, server: false }
    const { lines, connection } = talk(
      [
        ['client', 'GET /decoy HTTP/1.1\r\nHost: a\r\n\r\nGET /decoy HTTP/1.1\r\nHost: a\r\n\r\nGET /de'],
        ['client', 'coy HTTP/1.1\r\nHost: a\r\n\r\n'],
        answer(500),
        get('/a'),
        answer(200),
      ],
      joined,
    )
    assert.deepEqual(lines, ['GET /a 200 complete 0/5'])
    assert.deepEqual([connection.counts().seen, connection.counts().misread], [1, 0])
  })

  test('after requests ahead of answers and a loss nothing is told any more', () => {
    const told: string[] = []
    const connection = new Http1Connection((exchange) => told.push(lineOf(exchange)), { isFromStart: BOTH })
    connection.push('client', Buffer.from(get('/a')[1] + get('/b')[1]), 0, true)
    connection.miss('server', 10, 0)
    for (const [side, text] of [get('/c'), answer(200)]) connection.push(side, Buffer.from(text), 0, true)
    assert.deepEqual(told, ['GET /a - unknown 0/0', 'GET /b - unknown 0/0'])
  })

  test('however many wait, so many are kept', () => {
    const { connection, lines } = talk([['client', get('/a')[1].repeat(20_000)]])
    assert.equal(lines.length, 16_384)
    assert.equal(connection.counts().open, 0)
  })

  test('any bytes, in any order, with any losses: each exchange is told once, and time is bounded', () => {
    const words = [
      'GET / HTTP/1.1\r\n',
      'HTTP/1.1 200 OK\r\n',
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      '\r\n',
      '3\r\nabc\r\n',
      '0\r\n\r\n',
      'Host: a\r\n',
      'HEAD ',
      '\n',
      ':',
      'x'.repeat(20_000),
    ]
    const step = fc.record({
      side: fc.constantFrom<Side>('client', 'server'),
      text: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 12 })),
      missing: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(50) }),
      isCallStart: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), fc.boolean(), (steps, client, server) => {
        const told = new Set<HttpExchange>()
        let count = 0
        const connection = new Http1Connection(
          (exchange) => {
            told.add(exchange)
            count++
          },
          { isFromStart: { client, server } },
        )
        for (const { side, text, missing, isCallStart } of steps) {
          connection.push(side, Buffer.from(text, 'latin1'), 0, isCallStart)
          if (missing > 0) connection.miss(side, missing, 0)
        }
        connection.close(0)
        assert.equal(count, told.size)
        assert.deepEqual([connection.counts().seen, connection.counts().open], [count, 0])
      }),
      { seed: SEED, numRuns: 2000 },
    )
  })
})
