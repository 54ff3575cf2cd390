import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import type { FieldBlock } from './streams/exchange-watch.ts'
import { Http2Connection } from './streams/http2-connection.ts'
import type { HttpExchange } from './streams/http-exchange.ts'
import { type Piece, recut } from './testing/capture.ts'
import { fields, frame, OPENING, SETTINGS } from './testing/frames.ts'
import { captureTalk } from './testing/node-talk.ts'

let pieces: readonly Piece[]
before(async () => {
  pieces = await captureTalk()
})

interface Followed {
  readonly exchange: HttpExchange
  readonly request: FieldBlock['list']
  readonly responses: FieldBlock['list'][]
  unknownCount: number
  isOver: boolean
}

/** Follows each exchange that it is asked about; `isCollecting` is asked before each piece. */
function follow(of: Iterable<Piece>, isCollecting: (index: number) => boolean) {
  const told: HttpExchange[] = []
  const followed: Followed[] = []
  const connection = new Http2Connection((exchange) => told.push(exchange), {
    watch: (exchange, { list, unknownCount }) => {
      const one: Followed = { exchange, request: list, responses: [], unknownCount, isOver: false }
      followed.push(one)
      return {
        response: (block) => {
          assert.ok(!one.isOver)
          one.responses.push(block.list)
          one.unknownCount += block.unknownCount
        },
        end: () => {
          assert.ok(!one.isOver)
          one.isOver = true
        },
      }
    },
  })
  let index = 0
  for (const { sender, bytes, timeNs } of of) {
    connection.collect(isCollecting(index++))
    connection.push(sender, bytes, timeNs)
  }
  connection.close(1e18)
  return { told, followed }
}

test('whoever follows an exchange is told all fields of its request, of its response and of its trailers', () => {
  const { told, followed } = follow(pieces, () => true)
  assert.deepEqual(new Set(followed.map(({ exchange }) => exchange)), new Set(told))
  for (const { exchange, request, responses, unknownCount, isOver } of followed) {
    assert.ok(isOver)
    assert.equal(unknownCount, 0)
    const names = request.map(([name]) => name)
    assert.deepEqual(names.slice(0, 4).toSorted(), [':authority', ':method', ':path', ':scheme'])
    assert.deepEqual(names.slice(4), ['x-trace-sampling', 'x-number'])
    assert.equal(new Map(request).get(':path'), exchange.path)
    if (exchange.path === '/reset') assert.deepEqual([exchange.end, responses], ['reset', []])
    else {
      assert.deepEqual(
        responses.map((list) => list.map(([name]) => name)),
        [[':status', 'content-type', 'date'], ['grpc-status']],
      )
      assert.equal(exchange.grpcStatus, 0)
    }
  }
})

test('exchanges are the same whether fields are collected or not, whenever that changes', () => {
  const plain = follow(pieces, () => false)
  assert.equal(plain.followed.length, 0)
  const byStream = (exchanges: readonly HttpExchange[]) =>
    exchanges.map((each) => ({ ...each })).toSorted((a, b) => a.streamId - b.streamId)
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 200 }),
      (turns, length) => {
        const { told, followed } = follow(
          recut(pieces, () => length),
          (index) => turns[index % turns.length]!,
        )
        assert.deepEqual(byStream(told), byStream(plain.told))
        assert.ok(followed.every(({ isOver }) => isOver))
        for (const { exchange, request } of followed)
          assert.equal(new Map(request).get(':path'), exchange.path)
      },
    ),
    { seed: 11, numRuns: 60 },
  )
})

test('a response that came by before its request is told with it', () => {
  const answer = frame(1, 4, 1, fields({ ':status': '200', 'x-a': '1' }))
  const trailers = frame(1, 5, 1, fields({ 'x-b': '2' }))
  const ask = frame(1, 5, 1, fields({ ':method': 'GET', ':path': '/a' }))
  const { followed } = follow(
    [
      { sender: 'client', bytes: OPENING, timeNs: 1 },
      { sender: 'server', bytes: Buffer.concat([SETTINGS, answer, trailers]), timeNs: 2 },
      { sender: 'client', bytes: ask, timeNs: 3 },
    ],
    () => true,
  )
  assert.deepEqual(
    followed.map(({ responses, isOver }) => [responses, isOver]),
    [
      [
        [
          [
            [':status', '200'],
            ['x-a', '1'],
          ],
          [['x-b', '2']],
        ],
        true,
      ],
    ],
  )
})

test('any bytes: each exchange that is followed comes to its end once', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  const anyFrame = fc
    .record({
      type: fc.constantFrom(0, 1, 1, 1, 3, 4, 5, 7, 9),
      flags: fc.constantFrom(0, 1, 4, 5, 8, 0x20, 0x2d),
      streamId: fc.integer({ min: 0, max: 9 }),
      payload: fc.oneof(
        bytes,
        fc.constant(fields({ ':method': 'GET', ':path': '/a' })),
        fc.constant(fields({ ':status': '200' })),
      ),
    })
    .map(({ type, flags, streamId, payload }) => frame(type, flags, streamId, payload))
  const piece = fc.record({
    sender: fc.constantFrom('client' as const, 'server' as const),
    bytes: fc.oneof({ weight: 5, arbitrary: anyFrame }, { weight: 1, arbitrary: bytes }),
    timeNs: fc.nat(),
  })
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.array(fc.boolean(), { minLength: 1 }),
      (some, turns) => {
        const opening = [
          { sender: 'client', bytes: OPENING, timeNs: 0 },
          { sender: 'server', bytes: SETTINGS, timeNs: 0 },
        ] as const
        const { followed, told } = follow([...opening, ...some], (index) => turns[index % turns.length]!)
        for (const { isOver, exchange } of followed) {
          assert.ok(isOver)
          assert.ok(told.includes(exchange))
        }
      },
    ),
    { seed: 12, numRuns: 300 },
  )
})
